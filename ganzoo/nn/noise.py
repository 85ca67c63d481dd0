"""Noise between layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NoiseInjection(nn.Module):
    """x (N, C, H, W) -> x + s noise: the noise (N, 1, H, W) standard normal, s a weight that begins at 0.

    Drawn anew in training; in evaluation always the same, so that an image stays what it is.
    Source: Karras et al. 2019, arXiv:1812.04948, section 2; one weight for all channels, as in arXiv:1912.04958.
    """

    constant: Tensor

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("constant", torch.randn(height, width))

    def forward(self, x: Tensor) -> Tensor:
        noise = torch.randn_like(x[:, :1]) if self.training else self.constant
        return x + (self.strength * noise).to(x.dtype)
