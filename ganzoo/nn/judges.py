"""The first and the last layers of discriminators of an equalised learning rate, from PGGAN's to StyleGAN2's.

Source: Karras et al. 2018, arXiv:1710.10196, table 2.
"""

from __future__ import annotations

import math

from torch import nn

from ganzoo.nn.equalised import LEAK, EqualisedConv2d, EqualisedLinear
from ganzoo.nn.minibatch import MinibatchDeviation2d

GAIN = math.sqrt(2)  # He's, of layers before a rectifier


def equalised_from_image(channels: int, outputs: int) -> nn.Sequential:
    """Images (N, channels, H, W) -> (N, outputs, H, W): convolution of 1x1, leaky ReLU."""
    return nn.Sequential(EqualisedConv2d(channels, outputs, 1, gain=GAIN), nn.LeakyReLU(LEAK))


def equalised_features(inputs: int, outputs: int, *, size: tuple[int, int], group: int) -> nn.Sequential:
    """x (N, inputs, height, width) of ``size`` -> features (N, outputs).

    A map of the deviation within groups of ``group`` images, convolution of 3x3 and linear layer, each with a leaky ReLU.
    """
    height, width = size
    return nn.Sequential(
        MinibatchDeviation2d(group),
        EqualisedConv2d(inputs + 1, inputs, 3, padding=1, gain=GAIN),
        nn.LeakyReLU(LEAK),
        nn.Flatten(),
        EqualisedLinear(inputs * height * width, outputs, gain=GAIN),
        nn.LeakyReLU(LEAK),
    )
