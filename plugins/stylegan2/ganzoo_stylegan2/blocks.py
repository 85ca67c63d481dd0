"""What the generator and the discriminator have in common.

Departs: the rectifier's gain of sqrt(2) is in the weights before it, as in the authors' PGGAN (arXiv:1710.10196), where it
costs nothing. What is added after the weights, biases and noise, does without it: it only learns that much more slowly.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import EqualisedLinear, PixelNorm, one_hot
from ganzoo.sizes import ladder
from ganzoo_stylegan2 import StyleGAN2Options

LEAK = 0.2
GAIN = math.sqrt(2)
HALF = math.sqrt(0.5)  # on both branches of a residual block, which then keeps the size of what passes through it
LR_MULTIPLIER = 0.01


def sizes_and_widths(config: NetworkConfig[StyleGAN2Options]) -> tuple[list[tuple[int, int]], list[int]]:
    """(height, width) and channels of each resolution, from the smallest to the image's.

    Source: the authors' code.
    """
    height, width, doublings = ladder(config.image_shape, "stylegan2")
    sizes = [(height << level, width << level) for level in range(doublings + 1)]
    options = config.options
    return sizes, [max(1, min(options.channel_base // min(size), options.max_width)) for size in sizes]


class Mapping(nn.Module):
    """z (N, z_dim) and c (N,) class ids, either of which may not be there -> (N, outputs).

    Both are normalised, z and an embedding of c of the size of the output, and lie side by side before ``depth`` layers that
    learn at a hundredth of the rate. Source: arXiv:1812.04948, figure 1 and appendix C; with classes arXiv:2006.06676, appendix.
    """

    def __init__(self, z_dim: int, num_classes: int, outputs: int, depth: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.embedding = EqualisedLinear(num_classes, outputs) if num_classes else None
        self.norm = PixelNorm()
        inputs = z_dim + (outputs if num_classes else 0)
        layers: list[nn.Module] = []
        for wide in [inputs, *[outputs] * (depth - 1)]:
            layers += [EqualisedLinear(wide, outputs, gain=GAIN, lr_multiplier=LR_MULTIPLIER), nn.LeakyReLU(LEAK)]
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor | None, c: Tensor | None = None) -> Tensor:
        parts = [] if z is None else [self.norm(z)]
        if self.embedding is not None:
            code = one_hot(c, self.num_classes, self.embedding.weight.dtype)
            parts.append(self.norm(self.embedding(code)))
        mapped: Tensor = self.layers(torch.cat(parts, 1))
        return mapped
