"""Layers whose weights all learn at the same rate, and the norm that goes with them.

Equalised learning rate: weights are stored as N(0, 1) and divided by the root of their fan-in where they are used, so that an
optimizer that divides by the size of gradients, such as Adam, moves all layers alike. Source: Karras et al. 2018,
arXiv:1710.10196, section 4.1.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.2


class EqualisedLinear(nn.Module):
    """x (N, inputs) -> (N, outputs). ``lr_multiplier`` slows the learning, as StyleGAN's mapping does (0.01)."""

    def __init__(
        self, inputs: int, outputs: int, *, bias: float | None = 0.0, gain: float = 1.0, lr_multiplier: float = 1.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / lr_multiplier)
        self.bias = None if bias is None else nn.Parameter(torch.full((outputs,), bias / lr_multiplier))
        self.scale, self.lr_multiplier = gain * lr_multiplier / math.sqrt(inputs), lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        bias = None if self.bias is None else self.bias * self.lr_multiplier
        return F.linear(x, self.weight * self.scale, bias)


class EqualisedConv2d(nn.Module):
    """x (N, inputs, H, W) -> (N, outputs, H', W'), as torch's convolution of the same numbers."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale, self.stride, self.padding = gain / math.sqrt(inputs * size**2), stride, padding

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)


class PixelNorm(nn.Module):
    """x (N, C, ...) -> x / sqrt(mean over C of x^2 + 1e-8). Source: Karras et al. 2018, arXiv:1710.10196, section 4.2."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


class ScaledLeakyReLU(nn.LeakyReLU):
    """sqrt(2) times a leaky ReLU of slope 0.2, any shape -> the same: it keeps the size of what passes through it.

    Source: Karras et al. 2020, arXiv:1912.04958, in whose code it is one operation with the bias.
    """

    def __init__(self) -> None:
        super().__init__(LEAK)

    def forward(self, input: Tensor) -> Tensor:
        return math.sqrt(2) * super().forward(input)
