"""StyleGAN2's discriminator (Karras et al. 2020, arXiv:1912.04958, section 4.1), at every resolution of the ladder from 4.

Departs: what is compared with a class has no bias. Real and generated images are of the same classes, so that it would be nothing
to a loss of the difference of their logits.
"""

from __future__ import annotations

import math
from itertools import pairwise

from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import (
    DOutput,
    EqualisedConv2d,
    EqualisedLinear,
    Resample2d,
    downsample2d,
    equalised_features,
    equalised_from_image,
)
from ganzoo_stylegan2 import StyleGAN2Options
from ganzoo_stylegan2.blocks import GAIN, HALF, LEAK, Mapping, sizes_and_widths


class Down(nn.Module):
    """x (N, inputs, H, W) -> (N, outputs, H / 2, W / 2)."""

    def __init__(self, inputs: int, outputs: int, *, residual: bool) -> None:
        super().__init__()
        gain = GAIN * HALF if residual else GAIN
        self.main = nn.Sequential(
            EqualisedConv2d(inputs, inputs, 3, padding=1, gain=GAIN),
            nn.LeakyReLU(LEAK),
            Resample2d(pad=(2, 2)),  # one sample more than before, of which stride 2 then leaves half
            EqualisedConv2d(inputs, outputs, 3, stride=2, gain=gain),
            nn.LeakyReLU(LEAK),
        )
        beside = (downsample2d(), EqualisedConv2d(inputs, outputs, 1, bias=False, gain=HALF))
        self.beside = nn.Sequential(*beside) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        h: Tensor = self.main(x)
        return h if self.beside is None else h + self.beside(x)


class Discriminator(nn.Module):
    """images (N, channels, height, width) in [-1, 1], c (N,) class ids only if conditional -> logits (N,), features (N, F).

    Features are those of the last hidden layer. A class is mapped like a latent; the logit is the product of what it is mapped to
    and what is seen, over the root of their size. Source: Karras et al. 2020, arXiv:2006.06676, appendix, and Miyato & Koyama
    2018, arXiv:1802.05637.
    """

    def __init__(self, config: NetworkConfig[StyleGAN2Options]) -> None:
        super().__init__()
        options, channels = config.options, config.image_shape.channels
        sizes, widths = sizes_and_widths(config)
        last = widths[0]
        widths = widths[::-1]
        self.skip = options.d_architecture == "skip"
        seen = widths if self.skip else widths[:1]
        self.from_image = nn.ModuleList(equalised_from_image(channels, outputs) for outputs in seen)
        residual = options.d_architecture == "resnet"
        self.blocks = nn.ModuleList(Down(narrow, wide, residual=residual) for narrow, wide in pairwise(widths))
        self.downsample = downsample2d()
        self.features = equalised_features(last, last, size=sizes[0], group=options.minibatch_group)
        classes = config.num_classes
        self.mapping = Mapping(0, classes, last, options.d_mapping_depth) if classes else None
        self.out = EqualisedLinear(last, last if classes else 1, bias=None if classes else 0.0)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        looks = iter(self.from_image)
        x = next(looks)(images)
        for block in self.blocks:
            x = block(x)
            if self.skip:
                images = self.downsample(images)
                x = x + next(looks)(images)
        features = self.features(x)
        out = self.out(features)
        if self.mapping is None:
            return DOutput(logits=out.squeeze(1), features=features)
        logits = (out * self.mapping(None, c)).sum(1) / math.sqrt(out.shape[1])
        return DOutput(logits=logits, features=features)
