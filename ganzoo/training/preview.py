"""The generator as it is exported: averaged weights and settled batch statistics; and pictures of it."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.training.state import TrainingState
from ganzoo_serve.images import grid, png
from ganzoo_serve.seeds import classes_from_seeds, latents

SETTLING_BATCHES, SETTLING_SIZE = 16, 128
SETTLING_SEED = 2**52  # far from the seeds that people ask for


@dataclass(frozen=True)
class Inputs:
    """What a generator is fed. ``num_classes`` is 0 for an unconditional one."""

    z_dim: int
    z_distribution: Literal["normal", "uniform"]
    num_classes: int
    device: torch.device

    def of(self, seeds: Sequence[int]) -> tuple[Tensor, ...]:
        """What the images of ``seeds`` are made from: (z,), or (z, classes) if there are classes."""
        z = torch.from_numpy(latents(seeds, z_dim=self.z_dim, distribution=self.z_distribution)).to(self.device)
        if not self.num_classes:
            return (z,)
        return z, torch.from_numpy(classes_from_seeds(seeds, self.num_classes)).to(self.device)


@torch.no_grad()
def settled(G: nn.Module, inputs: Inputs) -> nn.Module:
    """A copy of ``G`` in evaluation mode whose batch norms hold the statistics of its own weights.

    The running statistics belong to the raw weights of the past; averaged weights need their own, taken here over 2,048
    latents of fixed seeds ("standing statistics": Brock et al. 2019, arXiv:1809.11096, section 4).
    """
    G = deepcopy(G).eval()
    norms = [module for module in G.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
        norm.train()
    for batch in range(SETTLING_BATCHES if norms else 0):
        first = SETTLING_SEED + batch * SETTLING_SIZE
        G(*inputs.of(range(first, first + SETTLING_SIZE)))
    return G.eval()


def as_pixels(images: Tensor) -> Tensor:
    """(N, C, H, W) in [-1, 1] -> uint8 (N, H, W, C): 127.5 x + 127.5, clamped to 0 ... 255, rounded half to even."""
    return (images * 127.5 + 127.5).clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1)


@torch.no_grad()
def save_preview(s: TrainingState, path: Path) -> None:
    """Write a grid of images of fixed seeds: 0 ... 63; if conditional, a row of 0 ... 7 for each class (at most 16)."""
    inputs = Inputs(s.config.z_dim, s.config.z_distribution, len(s.class_names), s.device)
    G = settled(s.G_ema, inputs)
    if s.class_names:
        rows = min(len(s.class_names), 16)
        z = inputs.of(range(8))[0].repeat(rows, 1)
        images = G(z, torch.arange(rows, device=s.device).repeat_interleave(8))
    else:
        images = G(*inputs.of(range(64)))
    path.write_bytes(png(grid(as_pixels(images.float()).cpu().numpy(), columns=8)))
