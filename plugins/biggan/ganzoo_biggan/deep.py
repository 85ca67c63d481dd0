"""BigGAN-deep (Brock et al. 2019, arXiv:1809.11096, appendix B, figure 16, tables 7 to 9), one definition for every resolution.

All of z stands beside the class, before the smallest map and in every norm. Departs: as BigGAN does; ``depth`` other than 2.
"""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.layers import Weights
from ganzoo.nn import ConditionalBatchNorm2d, DOutput, ProjectionHead, spectral
from ganzoo.sizes import ladder
from ganzoo_biggan import BigGANDeepOptions
from ganzoo_biggan.networks import ClassCode, begin, look, to_image
from ganzoo_biggan.widths import multiples, sides_down, sides_up, times_halved, where_attention_is

RATIO = 4  # of the channels outside a bottleneck to those in it


class BottleneckUp(nn.Module):
    """x (N, inputs, H, W), code (N, code_dim) -> (N, outputs, 2H, 2W), or (N, outputs, H, W) without ``up``; outputs <= inputs.

    Four times norm, ReLU and convolution, of 1x1, 3x3, 3x3 and 1x1, between the outer ones with a quarter of the inputs'
    channels; nearest upsampling before the second. Beside it the first ``outputs`` channels pass as they are. Source: figure 16.
    """

    def __init__(self, inputs: int, outputs: int, *, up: bool, code_dim: int, weights: Weights) -> None:
        super().__init__()
        hidden = max(inputs // RATIO, 1)
        self.outputs, self.up = outputs, up
        self.norms = nn.ModuleList(
            ConditionalBatchNorm2d(channels, code_dim, norm=weights) for channels in (inputs, hidden, hidden, hidden)
        )
        self.convolutions = nn.ModuleList(_bottleneck(inputs, hidden, outputs, weights))
        self.relu = nn.ReLU()

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        h = x
        for layer, (norm, convolution) in enumerate(zip(self.norms, self.convolutions, strict=True)):
            h = self.relu(norm(h, code))
            h = convolution(self._larger(h) if layer == 1 else h)
        return h + self._larger(x[:, : self.outputs])

    def _larger(self, x: Tensor) -> Tensor:
        return F.interpolate(x, scale_factor=2, mode="nearest") if self.up else x


class BottleneckDown(nn.Module):
    """x (N, inputs, H, W) -> (N, outputs, H / 2, W / 2), or (N, outputs, H, W) without ``down``; outputs >= inputs.

    Four times ReLU and convolution, of 1x1, 3x3, 3x3 and 1x1, between the outer ones with a quarter of the outputs' channels;
    average pooling before the last. Beside it all channels pass, pooled, and what is missing is made of them by a convolution of
    1x1. Source: figure 16.
    """

    def __init__(self, inputs: int, outputs: int, *, down: bool, weights: Weights) -> None:
        super().__init__()
        self.down = down
        self.convolutions = nn.ModuleList(_bottleneck(inputs, max(outputs // RATIO, 1), outputs, weights))
        self.more = spectral(weights, nn.Conv2d(inputs, outputs - inputs, 1)) if outputs > inputs else None
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        h = x
        for layer, convolution in enumerate(self.convolutions):
            h = self.relu(h)
            h = convolution(self._smaller(h) if layer == 3 else h)
        beside = self._smaller(x)
        return h + (beside if self.more is None else torch.cat([beside, self.more(beside)], dim=1))

    def _smaller(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 2) if self.down else x


class Generator(nn.Module):
    """z (N, z_dim) standard normal, c (N,) class ids only if conditional -> images (N, C, H, W) in [-1, 1]."""

    def __init__(self, config: NetworkConfig[BigGANDeepOptions]) -> None:
        super().__init__()
        options, weights = config.options, config.options.weights_g
        rungs = ladder(config.image_shape, "biggan-deep")
        attended = where_attention_is("biggan-deep", options.attention_at, rungs)
        first, *others = (options.width_g * multiple for multiple in multiples(rungs.doublings))
        self.smallest = (first, rungs.height, rungs.width)
        self.code_of_class = ClassCode(config.num_classes, options.shared_dim) if config.num_classes else None
        code_dim = config.z_dim + (self.code_of_class.width if self.code_of_class else 0)
        self.stem = spectral(weights, nn.Linear(code_dim, prod(self.smallest)))
        self.blocks, self.looks = nn.ModuleList(), nn.ModuleList()
        inputs = first
        for outputs, side in zip(others, sides_up(rungs), strict=True):
            for left in reversed(range(options.depth)):
                # Only the last of a resolution grows and narrows.
                made = inputs if left else outputs
                self.looks.append(look(inputs, side, attended, weights) if left == options.depth - 1 else nn.Identity())
                self.blocks.append(BottleneckUp(inputs, made, up=not left, code_dim=code_dim, weights=weights))
            inputs = outputs
        self.to_image = to_image(inputs, config.image_shape.channels, weights)
        begin(self, options.init)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        code = z if self.code_of_class is None else torch.cat([self.code_of_class(c), z], dim=1)
        x = self.stem(code).unflatten(1, self.smallest)
        for look_around, block in zip(self.looks, self.blocks, strict=True):
            x = block(look_around(x), code)
        return torch.tanh(self.to_image(x))


class Discriminator(nn.Module):
    """images (N, C, H, W) in [-1, 1], c (N,) class ids only if conditional -> logits (N,), features (N, F).

    The generator backwards. The features are the last map, rectified and summed over its places.
    """

    def __init__(self, config: NetworkConfig[BigGANDeepOptions]) -> None:
        super().__init__()
        options, weights = config.options, config.options.weights_d
        rungs = ladder(config.image_shape, "biggan-deep")
        attended = where_attention_is("biggan-deep", options.attention_at, rungs)
        inputs, *others = (options.width_d * multiple for multiple in reversed(multiples(rungs.doublings)))
        sides = sides_down(rungs)
        layers: list[nn.Module] = [spectral(weights, nn.Conv2d(config.image_shape.channels, inputs, 3, padding=1))]
        for stage, outputs in enumerate(others):
            down = stage < times_halved(rungs.doublings)
            for block in range(options.depth):
                layers.append(BottleneckDown(inputs, outputs, down=down and not block, weights=weights))
                inputs = outputs
            if down:
                layers.append(look(outputs, sides[stage], attended, weights))
        self.layers = nn.Sequential(*layers, nn.ReLU())
        self.head = ProjectionHead(inputs, config.num_classes, norm=weights)
        begin(self, options.init)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output: DOutput = self.head(self.layers(images).sum(dim=(2, 3)), c)
        return output


def _bottleneck(inputs: int, hidden: int, outputs: int, weights: Weights) -> list[nn.Module]:
    """Convolutions of 1x1, 3x3, 3x3 and 1x1."""
    layers = (
        nn.Conv2d(inputs, hidden, 1),
        nn.Conv2d(hidden, hidden, 3, padding=1),
        nn.Conv2d(hidden, hidden, 3, padding=1),
        nn.Conv2d(hidden, outputs, 1),
    )
    return [spectral(weights, layer) for layer in layers]
