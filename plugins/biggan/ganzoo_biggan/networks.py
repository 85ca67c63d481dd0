"""BigGAN (Brock et al. 2019, arXiv:1809.11096, appendix B, figure 15, tables 4 to 6), one definition for every resolution.

The first part of z makes the smallest map, and the others stand beside the class, one for each block. ~ In the paper's tables
the class stands beside the first part, too; not so in the authors' code, and not here.

Departs: images of 8, 16, 32 and 64 pixels, and such as are no squares; z need not divide evenly; without classes the parts of z
alone steer the norms, and without parts either they are plain ones.
"""

from __future__ import annotations

from math import prod

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.layers import Init, Weights
from ganzoo.nn import (
    ConditionalBatchNorm2d,
    DOutput,
    ProjectionHead,
    ResidualDown,
    ResidualUp,
    SelfAttention2d,
    given,
    initialise,
    one_hot,
    spectral,
)
from ganzoo.sizes import ladder
from ganzoo_biggan import BigGANOptions, SharedOptions
from ganzoo_biggan.widths import multiples, parts_of, sides_down, sides_up, times_halved, where_attention_is


class ClassCode(nn.Module):
    """c (N,) -> what the norms are told of it, (N, ``width``): an embedding that they share, or a one-hot vector.

    The embedding is never under spectral norm, which in the authors' experience cripples the generator.
    """

    def __init__(self, num_classes: int, shared_dim: int) -> None:
        super().__init__()
        self.num_classes, self.width = num_classes, shared_dim or num_classes
        self.embedding = nn.Embedding(num_classes, shared_dim) if shared_dim else None

    def forward(self, c: Tensor | None) -> Tensor:
        if self.embedding is None:
            return one_hot(c, self.num_classes, torch.float32)
        code: Tensor = self.embedding(given(c))
        return code


class Generator(nn.Module):
    """z (N, z_dim) standard normal, c (N,) class ids only if conditional -> images (N, C, H, W) in [-1, 1]."""

    def __init__(self, config: NetworkConfig[BigGANOptions]) -> None:
        super().__init__()
        options, weights = config.options, config.options.weights_g
        rungs = ladder(config.image_shape, "biggan")
        attended = where_attention_is("biggan", options.attention_at, rungs)
        first, *others = (options.width_g * multiple for multiple in multiples(rungs.doublings))
        self.smallest = (first, rungs.height, rungs.width)
        self.parts = parts_of(config.z_dim, rungs.doublings + 1) if options.hierarchical else [config.z_dim]
        self.code_of_class = ClassCode(config.num_classes, options.shared_dim) if config.num_classes else None
        told = self.code_of_class.width if self.code_of_class else 0
        code_weights = steering(options, parts=options.hierarchical)
        self.stem = spectral(weights, nn.Linear(self.parts[0], prod(self.smallest)))
        self.blocks, self.looks = nn.ModuleList(), nn.ModuleList()
        inputs = first
        for stage, (outputs, side) in enumerate(zip(others, sides_up(rungs), strict=True), start=1):
            code_dim = told + (self.parts[stage] if options.hierarchical else 0)
            self.looks.append(look(inputs, side, attended, weights))
            self.blocks.append(
                ResidualUp(inputs, outputs, code_dim=code_dim, weights=weights, code_weights=code_weights)
            )
            inputs = outputs
        self.to_image = to_image(inputs, config.image_shape.channels, weights)
        begin(self, options.init)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        first, *others = z.split(self.parts, dim=1)
        told = [self.code_of_class(c)] if self.code_of_class is not None else []
        x = self.stem(first).unflatten(1, self.smallest)
        for stage, (look_around, block) in enumerate(zip(self.looks, self.blocks, strict=True)):
            code = [*told, *others[stage : stage + 1]]
            x = block(look_around(x), torch.cat(code, dim=1) if code else None)
        return torch.tanh(self.to_image(x))


class Discriminator(nn.Module):
    """images (N, C, H, W) in [-1, 1], c (N,) class ids only if conditional -> logits (N,), features (N, F).

    The features are the last map, rectified and summed over its places, and the class is projected onto them.
    """

    def __init__(self, config: NetworkConfig[BigGANOptions]) -> None:
        super().__init__()
        options, weights = config.options, config.options.weights_d
        rungs = ladder(config.image_shape, "biggan")
        attended = where_attention_is("biggan", options.attention_at, rungs)
        sides = sides_down(rungs)
        layers: list[nn.Module] = []
        inputs = config.image_shape.channels
        for stage, multiple in enumerate(reversed(multiples(rungs.doublings))):
            outputs, down = options.width_d * multiple, stage < times_halved(rungs.doublings)
            layers.append(ResidualDown(inputs, outputs, down=down, first=not stage, weights=weights))
            if down:
                layers.append(look(outputs, sides[stage], attended, weights))
            inputs = outputs
        self.layers = nn.Sequential(*layers, nn.ReLU())
        self.head = ProjectionHead(inputs, config.num_classes, norm=weights)
        begin(self, options.init)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output: DOutput = self.head(self.layers(images).sum(dim=(2, 3)), c)
        return output


def steering(options: SharedOptions, *, parts: bool) -> Weights:
    """What the layers that steer the norms are under: tables of classes alone are left as they are, as in the authors' code."""
    return options.weights_g if options.shared_dim or parts else "none"


def look(channels: int, side: int, attended: int | None, weights: Weights) -> nn.Module:
    """Attention, if maps of this side have it."""
    return SelfAttention2d(channels, norm=weights) if side == attended else nn.Identity()


def to_image(channels: int, colours: int, weights: Weights) -> nn.Sequential:
    """x (N, channels, H, W) -> (N, colours, H, W), before the hyperbolic tangent."""
    return nn.Sequential(
        nn.BatchNorm2d(channels), nn.ReLU(), spectral(weights, nn.Conv2d(channels, colours, 3, padding=1))
    )


def begin(network: nn.Module, init: Init) -> None:
    """Draw all weights, what steers the norms included: they are steered from the start, as in the authors' code."""
    initialise(network, init)
    for module in network.modules():
        if isinstance(module, ConditionalBatchNorm2d):
            initialise(module.scale, init)
            initialise(module.shift, init)
