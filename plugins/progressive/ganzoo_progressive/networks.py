"""PGGAN (Karras et al. 2018, arXiv:1710.10196, table 2), one definition for every power-of-two resolution, and at every stage.

An image always has its full size: that of an earlier stage is repeated up to it, and the discriminator takes means down again.

Departs: tanh where the paper's images leave a linear layer, so that they stay in [-1, 1]; a clamp would do that too, but pixels
beyond it would learn no more. A class enters the generator as an embedding, normalised as the latent is, beside it, and the
discriminator by projection (Miyato & Koyama 2018, arXiv:1802.05637), where the paper's code has one-hot vectors and an auxiliary
classifier. Adam keeps its moments when layers are added, and a batch has one size at all resolutions.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import (
    ClassBesideLatent,
    DOutput,
    EqualisedConv2d,
    EqualisedLinear,
    PixelNorm,
    Projection,
    equalised_features,
    equalised_from_image,
)
from ganzoo_progressive import ProgressiveOptions
from ganzoo_progressive.growth import Progressive, blend, larger, smaller

GAIN = math.sqrt(2)  # He's, of layers before a rectifier


def width_at(stage: int, options: ProgressiveOptions) -> int:
    """Channels of the maps of a stage, whose shorter side is 4, 8, 16 ... from stage 0 on: ``channel_base`` divided by it."""
    return max(1, min(options.channel_base >> (stage + 2), options.max_width))


class Generator(Progressive):
    """Latents to images.

    z: (N, z_dim), of which only the direction matters; c: (N,) class ids, only if conditional. Returns (N, channels, height,
    width) in [-1, 1].
    """

    def __init__(self, config: NetworkConfig[ProgressiveOptions]) -> None:
        super().__init__(config)
        options = config.options
        widths = [width_at(stage, options) for stage in range(self.last + 1)]
        self.told = ClassBesideLatent(config.z_dim, config.num_classes, options.embedding_dim, norm=PixelNorm())
        self.blocks = nn.ModuleList([_Start(self.told.width, widths[0], self.base)])
        for stage in range(1, self.last + 1):
            double = nn.Upsample(scale_factor=2, mode="nearest")
            layers = *_normed(widths[stage - 1], widths[stage]), *_normed(widths[stage], widths[stage])
            self.blocks.append(nn.Sequential(double, *layers))
        channels = config.image_shape.channels
        self.to_image = nn.ModuleList(EqualisedConv2d(width, channels, 1) for width in widths[self.first :])

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        before = x = self.told(z, c)
        for stage in range(self.stage + 1):
            before, x = x, self.blocks[stage](x)
        images = self._images(x, self.stage)
        if self.fading:
            images = blend(larger(self._images(before, self.stage - 1), 2), images, self.fade)
        return larger(images, self.factor)

    def _images(self, x: Tensor, stage: int) -> Tensor:
        return torch.tanh(self.to_image[stage - self.first](x))


class _Start(nn.Module):
    """(N, inputs) -> (N, width, height, width of the map): the table's convolution of 4x4 on a latent of 1x1, and one of 3x3."""

    def __init__(self, inputs: int, width: int, size: tuple[int, int]) -> None:
        super().__init__()
        height, breadth = size
        # Each input reaches all places, as in the transposed convolution that it is; the bias is one a channel.
        self.spread = EqualisedLinear(
            inputs, width * height * breadth, bias=None, gain=GAIN / math.sqrt(height * breadth)
        )
        self.bias = nn.Parameter(torch.zeros(width))
        self.shape = width, height, breadth
        self.rest = nn.Sequential(nn.LeakyReLU(0.2), PixelNorm(), *_normed(width, width))

    def forward(self, x: Tensor) -> Tensor:
        spread: Tensor = self.rest(self.spread(x).unflatten(1, self.shape) + self.bias[:, None, None])
        return spread


class Discriminator(Progressive):
    """Images to logits.

    images: (N, channels, height, width) in [-1, 1]; c: (N,) class ids, only if conditional. Returns logits (N,) and the features
    (N, F) that they are read from.
    """

    def __init__(self, config: NetworkConfig[ProgressiveOptions]) -> None:
        super().__init__(config)
        options = config.options
        widths = [width_at(stage, options) for stage in range(self.last + 1)]
        features = width_at(-1, options)
        channels = config.image_shape.channels
        self.from_image = nn.ModuleList(equalised_from_image(channels, width) for width in widths[self.first :])
        self.blocks = nn.ModuleList(
            nn.Sequential(*_rectified(wide, wide), *_rectified(wide, widths[stage]), nn.AvgPool2d(2))
            for stage, wide in enumerate(widths[1:])
        )
        self.to_features = equalised_features(widths[0], features, size=self.base, group=options.minibatch_group)
        self.to_logit = EqualisedLinear(features, 1)
        self.projection = Projection(config.num_classes, features) if config.num_classes else None

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        images = smaller(images, self.factor)
        x = self.from_image[self.stage - self.first](images)
        for stage in range(self.stage, 0, -1):
            x = self.blocks[stage - 1](x)
            if self.fading and stage == self.stage:
                x = blend(self.from_image[stage - 1 - self.first](smaller(images, 2)), x, self.fade)
        features = self.to_features(x)
        logits = self.to_logit(features).squeeze(1)
        if self.projection is not None:  # at an equalised learning rate, as all that is learnt here
            logits = logits + self.projection(features, c) / math.sqrt(features.shape[1])
        return DOutput(logits=logits, features=features)


def _rectified(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return EqualisedConv2d(inputs, outputs, 3, padding=1, gain=GAIN), nn.LeakyReLU(0.2)


def _normed(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    return *_rectified(inputs, outputs), PixelNorm()
