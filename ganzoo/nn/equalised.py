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
    """x -> x / sqrt(mean of x^2 over channels + 1e-8), any shape whose dimension ``dim`` are the channels.

    Source: Karras et al. 2018, arXiv:1710.10196, section 4.2.
    """

    def __init__(self, dim: int = 1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.rsqrt(x.square().mean(self.dim, keepdim=True) + 1e-8)
