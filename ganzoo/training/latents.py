"""Latents of each distribution, drawn from the game's random numbers."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganzoo.techniques import Random
from ganzoo_serve.seeds import Distribution

BOUND = 2.0  # of truncated latents
BELOW = 0.5 * math.erfc(BOUND / math.sqrt(2))  # probability of a standard normal number below -BOUND


def draw(distribution: Distribution, random: Random, samples: int, z_dim: int) -> Tensor:
    """Float32 (samples, z_dim), distributed as ``ganzoo_serve.seeds.latents`` has them."""
    if distribution == "uniform":
        return 2 * random.uniform(samples, z_dim) - 1
    if distribution == "truncated":
        u = BELOW + random.uniform(samples, z_dim) * (1 - 2 * BELOW)
        return torch.erfinv(2 * u - 1).mul_(math.sqrt(2)).clamp_(-BOUND, BOUND)
    z = random.normal(samples, z_dim)
    if distribution == "spherical":
        lengths: Tensor = torch.linalg.vector_norm(z, dim=1, keepdim=True)
        return z * (math.sqrt(z_dim) / lengths)
    return z
