"""FastGAN (Liu et al. 2021, arXiv:2101.04775), one definition for every resolution; numbers are those of the authors' code.

Departs: the generator has no second image at 128 pixels, and the discriminator shrinks what it is shown by averaging for its
second look; images below 256 pixels have shorter ladders by the same rules. A class enters the generator by an embedding beside z
and the discriminator by projection (Miyato & Koyama 2018, arXiv:1802.05637).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.layers import Norm
from ganzoo.nn import ClassBesideLatent, DOutput, Projection, spectral
from ganzoo.sizes import ladder
from ganzoo_fastgan import FastGANOptions
from ganzoo_fastgan.blocks import Down, Excitation, Stage, conv, down, normal, thorough_up, up

BASE = 4  # places along the shorter side of the smallest map
LAST = 8  # of the discriminator's last one, in images from 16 pixels on
LARGEST = 256  # of the largest that its blocks work on: larger images are first halved by single convolutions
SECOND_LOOK = 128  # most pixels of an image at the second look
SOURCES = 4  # maps that excite others in the generator: 4, 8, 16 and 32 places


def width_at(width: int, side: int) -> int:
    """Channels of a map with ``side`` places along the shorter side, where one of 128 has ``width``.

    64 / side times as many up to 32, and 128 / side from 64 on: 16, 8, 4, 2, 2, 1, 1/2, 1/4, 1/8 from 4 to 1024.
    """
    return max(width * (64 if side <= 32 else 128) // side, 1)


class Generator(nn.Module):
    """z (N, z_dim), c (N,) class ids if conditional -> images (N, C, H, W) in [-1, 1].

    A map that is four doublings (or, in smaller images, all of them) above another one is excited by it.
    """

    def __init__(self, config: NetworkConfig[FastGANOptions]) -> None:
        super().__init__()
        options, shape = config.options, config.image_shape
        height, width, doublings = ladder(shape, "fastgan")
        widths = [width_at(options.width_g, BASE << level) for level in range(doublings + 1)]
        self.told = ClassBesideLatent(config.z_dim, config.num_classes, options.embedding_dim)
        project = nn.ConvTranspose2d(self.told.width, 2 * widths[0], (height, width), bias=False)
        self.first = nn.Sequential(spectral("spectral", project), normal("batch", 2 * widths[0]), nn.GLU(dim=1))
        apart = min(4, doublings)
        self.stages = nn.ModuleList()
        for level in range(1, doublings + 1):
            block = (
                thorough_up(widths[level - 1], widths[level], height << level, width << level)
                if level % 2
                else up(widths[level - 1], widths[level])
            )
            source, excitation = level - apart, None
            if 0 <= source < SOURCES:
                excitation = Excitation(widths[source], widths[level], pool=1 << source, places=(height, width))
            self.stages.append(Stage(block, excitation, source))
        self.to_image = conv(widths[-1], shape.channels, 3, padding=1)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        maps = [self.first(self.told(z, c)[:, :, None, None])]
        for stage in self.stages:
            maps.append(stage(maps))
        return torch.tanh(self.to_image(maps[-1]))


class Maps(NamedTuple):
    """What a discriminator makes of images: its last map, the one before it, of twice the size, and that of the second look.

    Shapes: (N, 8 width, 8, 8), (N, 4 width, 16, 16), (N, 4 width, 8, 8), for images from 32 pixels on.
    """

    last: Tensor
    before: Tensor
    small: Tensor


class Discriminator(nn.Module):
    """images (N, C, H, W), c (N,) class ids if conditional -> logits (N,), features (N, F).

    Two looks, at the image and at a smaller one, each with a logit for every 4x4 places of its last map. The authors' loss counts
    each of these by itself; here a logit is their mean. Features are the mean of each channel of both last maps. Penalties on
    gradients need ``norm_d`` other than ``batch``.
    """

    def __init__(self, config: NetworkConfig[FastGANOptions]) -> None:
        super().__init__()
        shape, width, norm = config.image_shape, config.options.width_d, config.options.norm_d
        rungs = ladder(shape, "fastgan")
        side, places = min(shape.height, shape.width), (rungs.height, rungs.width)
        sides = _sides(min(side, LARGEST), LAST if side > LAST else BASE)
        widths = [max(64 * width // side, 1) for side in sides]
        self.stem = nn.Sequential(*_stem(shape.channels, widths[0], side, norm))
        apart = min(3, len(sides) - 1)
        self.stages = nn.ModuleList()
        for level in range(1, len(sides)):
            source, excitation = level - apart, None
            if source >= 0:
                pool = sides[source] // BASE
                excitation = Excitation(widths[source], widths[level], pool=pool, places=places)
            self.stages.append(Stage(Down(widths[level - 1], widths[level], norm), excitation, source))
        bias = norm == "none"
        hidden = 16 * width
        self.judge = nn.Sequential(
            conv(widths[-1], hidden, 1, bias=bias), normal(norm, hidden), nn.LeakyReLU(0.2), conv(hidden, 1, 4)
        )
        second = max(min(SECOND_LOOK, side // 2), LAST)
        self.shrink = nn.AvgPool2d(side // second) if side > second else nn.Identity()
        small = _sides(second // 2, LAST if second > LAST else BASE)
        narrow = [max(32 * width // side, 1) for side in small]
        layers = [conv(shape.channels, narrow[0], 4, stride=2, padding=1, bias=bias), nn.LeakyReLU(0.2)]
        for level in range(1, len(small)):
            layers += down(narrow[level - 1], narrow[level], norm)
        self.second_look = nn.Sequential(*layers)
        self.judge_small = conv(narrow[-1], 1, 4)
        features, classes = widths[-1] + narrow[-1], config.num_classes
        self.projection = Projection(classes, features, norm="spectral") if classes else None

    def maps(self, images: Tensor) -> Maps:
        """The maps that images (N, C, H, W) are judged by."""
        maps = [self.stem(images)]
        for stage in self.stages:
            maps.append(stage(maps))
        return Maps(last=maps[-1], before=maps[-2], small=self.second_look(self.shrink(images)))

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        maps = self.maps(images)
        both = self.judge(maps.last).mean((1, 2, 3)), self.judge_small(maps.small).mean((1, 2, 3))
        logits = (both[0] + both[1]) / 2
        features = torch.cat([maps.last.mean((2, 3)), maps.small.mean((2, 3))], dim=1)
        if self.projection is not None:
            logits = logits + self.projection(features, c)
        return DOutput(logits=logits, features=features)


def _sides(largest: int, smallest: int) -> list[int]:
    """From one side to the other by halves, both included."""
    return [largest >> level for level in range((largest // smallest).bit_length())]


def _stem(channels: int, width: int, side: int, norm: Norm) -> list[nn.Module]:
    """(N, channels, H, W) -> (N, width, H, W), or of ``LARGEST`` places where there are more: channels then double on the way."""
    bias = norm == "none"
    if side <= LARGEST:
        return [conv(channels, width, 3, padding=1, bias=bias), nn.LeakyReLU(0.2)]
    halvings = (side // LARGEST).bit_length() - 1
    widths = [max(width >> level, 1) for level in reversed(range(halvings))]
    layers = [conv(channels, widths[0], 4, stride=2, padding=1, bias=bias), nn.LeakyReLU(0.2)]
    for level in range(1, halvings):
        layers += down(widths[level - 1], widths[level], norm)
    return layers
