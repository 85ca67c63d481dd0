"""A convolution whose weights a style scales for each sample."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo.nn.equalised import EqualisedLinear
from ganzoo.nn.resample import BINOMIAL, Resample2d


class ModulatedConv2d(nn.Module):
    """x (N, inputs, H, W), w (N, w_dim) -> (N, outputs, H, W), or of twice the size with ``up``; times ``gain``.

    Weights are scaled by a style s = A w + 1 for each input channel, and with ``demodulate`` divided by their norm for each
    output channel: w'_ijk = s_i w_ijk, w''_ijk = w'_ijk / sqrt(sum over i, k of w'_ijk^2 + 1e-8). Source: Karras et al. 2020,
    arXiv:1912.04958, equations 1 and 3. The scales are laid on the inputs and outputs instead, which is the same and needs
    no convolution for each sample. An x (1, inputs, H, W) is every sample's.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: int,
        w_dim: int,
        *,
        up: bool = False,
        demodulate: bool = True,
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.style = EqualisedLinear(w_dim, inputs, bias=1.0)
        self.scale, self.demodulate, self.up, self.padding = 1 / math.sqrt(inputs * size**2), demodulate, up, size // 2
        self.gain = gain
        # After a transposed convolution of stride 2, which leaves size - 2 samples too many, the filter takes len - 1 away.
        excess = len(BINOMIAL) - 1 - (size - 2)
        self.blur = Resample2d(BINOMIAL, pad=((excess + 1) // 2, excess // 2)) if up else None

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style, weight = self.style(w), self.weight * self.scale
        if self.demodulate:
            # The result does not depend on the size of a style, whose square might be more than float32 holds.
            style = style / style.detach().abs().amax(1, keepdim=True).clamp(min=1e-8)
        x = x * style[:, :, None, None]
        kernel = weight if self.demodulate else self.gain * weight
        if self.blur is not None:
            # A factor of 4: three of four samples are zeros, and the filter is to keep the brightness.
            x = self.blur(F.conv_transpose2d(x, 4 * kernel.transpose(0, 1), stride=2))
        else:
            x = F.conv2d(x, kernel, padding=self.padding)
        if self.demodulate:
            norms = style.square() @ weight.square().sum((2, 3)).T  # (N, outputs)
            x = x * (self.gain * torch.rsqrt(norms + 1e-8)).to(x.dtype)[:, :, None, None]
        return x
