"""Feature maps to twice and half their size through a low-pass filter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BINOMIAL = (1.0, 3.0, 3.0, 1.0)  # StyleGAN's filter


class Resample2d(nn.Module):
    """x (N, C, H, W): zeros are put between the samples, the filter runs along both sides, and some samples are dropped.

    ``up`` and ``down`` are factors, ``pad`` (before, after) in samples after the zeros are in; ``taps`` are scaled to a sum of 1,
    and what comes out by ``up ** 2``, so that brightness stays. Source: Karras et al. 2020, arXiv:1912.04958, appendix B (there
    an operation of its own, "upfirdn"; here a convolution of each channel, twice differentiable and exported as such).
    """

    kernel: Tensor

    def __init__(
        self, taps: Sequence[float] = BINOMIAL, *, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)
    ) -> None:
        super().__init__()
        line = torch.tensor(taps, dtype=torch.float32).flip(0) / sum(taps)
        # Both sides at once: of a few taps that is three times as quick as one after the other.
        self.register_buffer("kernel", torch.outer(line, line), persistent=False)
        self.up, self.down, self.pad = up, down, pad

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        if self.up > 1:
            height, width = x.shape[2:]
            x = F.pad(x[:, :, :, None, :, None], (0, self.up - 1, 0, 0, 0, self.up - 1))
            x = x.reshape(-1, channels, height * self.up, width * self.up) * self.up**2
        # What both ends have in common the convolution pads by itself, without a copy.
        common = max(0, min(self.pad))
        rest = [amount - common for amount in self.pad]
        if any(rest):
            x = F.pad(x, (*rest, *rest))
        kernel = self.kernel.to(x.dtype).expand(channels, 1, -1, -1)
        return F.conv2d(x, kernel, stride=self.down, padding=common, groups=channels)


def upsample2d(taps: Sequence[float] = BINOMIAL) -> Resample2d:
    """(N, C, H, W) -> (N, C, 2H, 2W)."""
    size = len(taps)
    return Resample2d(taps, up=2, pad=((size + 1) // 2, (size - 2) // 2))


def downsample2d(taps: Sequence[float] = BINOMIAL) -> Resample2d:
    """(N, C, H, W) -> (N, C, H / 2, W / 2)."""
    size = len(taps)
    return Resample2d(taps, down=2, pad=((size - 1) // 2, (size - 2) // 2))
