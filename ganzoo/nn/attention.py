"""Attention over the places of a feature map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo.layers import LEAST_FOR_ATTENTION, Norm
from ganzoo.nn.norms import spectral


class SelfAttention2d(nn.Module):
    """x (N, C, H, W) -> x + gamma out(softmax(q k^T) v), gamma a weight that begins at 0; H and W even, C at least 8.

    Queries and keys of C / 8 channels and values of C / 2, by convolutions of 1x1; keys and values are pooled to half the
    resolution, as in the authors' code. No division by the root of the width. Source: Zhang et al. 2019 (SAGAN),
    arXiv:1805.08318, section 3. Raises ValueError for fewer channels.
    """

    def __init__(self, channels: int, *, norm: Norm = "none") -> None:
        super().__init__()
        if channels < LEAST_FOR_ATTENTION:
            raise ValueError(
                f"attention looks at an eighth of the channels, and there are {channels}; expected at least "
                f"{LEAST_FOR_ATTENTION}"
            )
        self.query, self.key, self.value, self.out = (
            spectral(norm, nn.Conv2d(inputs, outputs, 1, bias=False))
            for inputs, outputs in (
                (channels, channels // 8),
                (channels, channels // 8),
                (channels, channels // 2),
                (channels // 2, channels),
            )
        )
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        query = self.query(x).flatten(2).transpose(1, 2)  # (N, HW, C/8)
        key = F.max_pool2d(self.key(x), 2).flatten(2)  # (N, C/8, HW/4)
        value = F.max_pool2d(self.value(x), 2).flatten(2)  # (N, C/2, HW/4)
        # By hand: torch's fused attention cannot be differentiated twice.
        seen = value @ torch.softmax(query @ key, dim=2).transpose(1, 2)
        added: Tensor = self.out(seen.unflatten(2, (height, width)))
        return x + self.gamma * added
