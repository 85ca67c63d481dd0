"""R3GAN (Huang et al. 2024, arXiv:2501.05441), configuration E, one definition for every resolution.

Each resolution has a transition and residual blocks, in the same order in one player and reversed in the other; nothing is
normalised. Departs: images are clamped to [-1, 1] (see ``bounds``), where the authors' have no bounds; a tanh, they find, costs
quality (section 3, principle e). Weights that begin at 0 there begin at a hundredth of their usual size here. Sides need not be
equal.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import ClassBesideLatent, DOutput, Projection, downsample2d, upsample2d
from ganzoo.sizes import ladder
from ganzoo_r3gan import R3GANOptions
from ganzoo_r3gan.bounds import bounded

LEAK = 0.2
GAIN = math.sqrt(2 / (1 + LEAK**2))  # keeps variance through a leaky ReLU (arXiv:1502.01852)
# Not 0: spectral norm divides by a weight's size, and all of a block's weights have a gradient from the first step.
QUIET = 1e-2

LayerT = TypeVar("LayerT", nn.Conv2d, nn.Linear, nn.Embedding)


class Residual(nn.Module):
    """x (N, C, H, W) -> the same shape: x + conv 1x1, leaky ReLU, grouped conv 3x3, leaky ReLU, conv 1x1.

    ``depth`` is the number of such blocks in the network. Begins as all but the identity: the last convolution is next to 0, and
    the weights of the others are smaller by the fourth root of the depth. Source: section 3, "Neural network architecture
    details" and "Bottleneck modernization"; Zhang et al. 2019 (fix-up), arXiv:1901.09321.
    """

    def __init__(self, channels: int, options: R3GANOptions, depth: int) -> None:
        super().__init__()
        within, gain = options.expansion * channels, GAIN * depth**-0.25
        self.layers = nn.Sequential(
            drawn(nn.Conv2d(channels, within, 1), gain),
            nn.LeakyReLU(LEAK),
            drawn(nn.Conv2d(within, within, 3, padding=1, groups=options.groups(channels)), gain),
            nn.LeakyReLU(LEAK),
            drawn(nn.Conv2d(within, channels, 1, bias=False), QUIET),
        )

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.layers(x)
        return x + added


class GenerativeBasis(nn.Module):
    """z (N, inputs) -> (N, channels, height, width): learned maps, each times a number that is linear in z."""

    def __init__(self, inputs: int, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, height, width))
        self.of_z = drawn(nn.Linear(inputs, channels, bias=False), 1.0)

    def forward(self, z: Tensor) -> Tensor:
        said: Tensor = self.of_z(z)
        return self.maps * said[:, :, None, None]


class DiscriminativeBasis(nn.Module):
    """x (N, channels, height, width) -> (N, channels): each channel's product with a learned map.

    A convolution of each channel with a kernel of the map's own size, written as the product that it is.
    """

    def __init__(self, channels: int, height: int, width: int) -> None:
        super().__init__()
        self.maps = nn.Parameter(torch.randn(channels, height, width) / math.sqrt(height * width))

    def forward(self, x: Tensor) -> Tensor:
        return (x * self.maps).sum((2, 3))


class Generator(nn.Module):
    """Latents to images.

    z: (N, z_dim); c: (N,) class ids, only if conditional, whose embedding stands beside z. Returns (N, channels, H, W) in
    [-1, 1].
    """

    def __init__(self, config: NetworkConfig[R3GANOptions]) -> None:
        super().__init__()
        height, width, doublings = ladder(config.image_shape, "r3gan")
        options, widths = config.options, config.options.widths(doublings)
        self.told = ClassBesideLatent(config.z_dim, config.num_classes, options.embedding_dim)
        if self.told.embedding is not None:
            drawn(self.told.embedding, 1.0)
        layers: list[nn.Module] = [
            GenerativeBasis(self.told.width, widths[0], height, width),
            *_blocks(widths, 0, options),
        ]
        for stage, (before, after) in enumerate(pairwise(widths), 1):
            # The convolution first: it commutes with the filter, and there is a quarter of the places.
            layers += [*_rewidth(before, after), upsample2d(), *_blocks(widths, stage, options)]
        self.layers = nn.Sequential(*layers)
        self.to_image = drawn(nn.Conv2d(widths[-1], config.image_shape.channels, 1, bias=False), 1.0)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        return bounded(self.to_image(self.layers(self.told(z, c))))


class Discriminator(nn.Module):
    """Images to logits.

    images: (N, channels, H, W) in [-1, 1]; c: (N,) class ids, only if conditional. Returns logits (N,) and features
    (N, width of the smallest map). With classes a logit is the product of a linear map of the features and the class's embedding,
    and of nothing else (appendix D, "Class conditioning").
    """

    def __init__(self, config: NetworkConfig[R3GANOptions]) -> None:
        super().__init__()
        height, width, doublings = ladder(config.image_shape, "r3gan")
        options, widths = config.options, config.options.widths(doublings)
        layers: list[nn.Module] = [drawn(nn.Conv2d(config.image_shape.channels, widths[-1], 1, bias=False), 1.0)]
        for stage in reversed(range(1, len(widths))):
            rewidth = _rewidth(widths[stage], widths[stage - 1])
            layers += [*_blocks(widths, stage, options), downsample2d(), *rewidth]
        layers += [*_blocks(widths, 0, options), DiscriminativeBasis(widths[0], height, width)]
        self.layers = nn.Sequential(*layers)
        self.projection: Projection | None = None
        outputs = 1
        if config.num_classes:
            outputs = widths[0]
            self.projection = Projection(config.num_classes, outputs)
            drawn(self.projection.embedding, 1 / math.sqrt(outputs))
        self.to_logit = drawn(nn.Linear(widths[0], outputs, bias=False), 1.0)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        features = self.layers(images)
        judged: Tensor = self.to_logit(features)
        logits = judged.squeeze(1) if self.projection is None else self.projection(judged, c)
        return DOutput(logits=logits, features=features)


def drawn(layer: LayerT, gain: float) -> LayerT:
    """``layer`` with weights from N(0, gain^2 / fan-in), biases at 0.

    An embedding is a linear layer of one-hot classes: its fan-in is their number.
    """
    weight = layer.weight
    fan_in = len(weight) if isinstance(layer, nn.Embedding) else weight[0].numel()
    nn.init.normal_(weight, 0.0, gain / math.sqrt(fan_in))
    if not isinstance(layer, nn.Embedding) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def _blocks(widths: list[int], stage: int, options: R3GANOptions) -> list[Residual]:
    return [Residual(widths[stage], options, depth=options.blocks * len(widths)) for _ in range(options.blocks)]


def _rewidth(before: int, after: int) -> list[nn.Module]:
    return [] if before == after else [drawn(nn.Conv2d(before, after, 1, bias=False), 1.0)]
