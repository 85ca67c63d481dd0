"""Where latents live: how far a z is from what the generator was trained on, and latents to start a search from."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganzoo_serve.metadata import Latent

SIDE = {"uniform": 1.0, "truncated": 2.0}  # of the box that a distribution is within
VARIANCE = {"normal": 1.0, "uniform": 1 / 3, "truncated": 0.7737413035499232, "spherical": 1.0}  # of every component


def penalty(z: Tensor, latent: Latent) -> Tensor:
    """How much less likely than the likeliest radius is |z|, in nats. (N, z_dim) -> (N,), at least 0.

    Normal: -log p(r) of r = |z|, which has a chi distribution with z_dim degrees of freedom: r^2 / 2 - (z_dim - 1) log r,
    less its minimum, at r^2 = z_dim - 1. The density of z itself would draw it to 0, where no latent in high dimensions
    lies. Truncated: as if it were a normal distribution of its variance. Uniform and spherical: 0 where ``settle`` keeps z.
    """
    if latent.distribution in ("uniform", "spherical"):
        return z.new_zeros(len(z))
    most_likely = z.shape[1] - 1
    squared = z.square().sum(dim=1) / variance(latent)
    if not most_likely:
        return squared / 2
    ratio = squared / most_likely
    return most_likely / 2 * (ratio - 1 - ratio.clamp_min(1e-12).log())


@torch.no_grad()
def settle(z: Tensor, latent: Latent) -> None:
    """Bring ``z`` (..., z_dim) back in place to where its distribution lives: into the box, or onto the sphere."""
    if latent.distribution in SIDE:
        z.clamp_(-SIDE[latent.distribution], SIDE[latent.distribution])
    if latent.distribution == "spherical":
        z.mul_(math.sqrt(z.shape[-1]) / torch.linalg.vector_norm(z, dim=-1, keepdim=True).clamp_min(1e-12))


def draw(number: int, latent: Latent, random: torch.Generator) -> Tensor:
    """Latents to start from: (number, z_dim) on the CPU, from the distribution that the generator was trained with."""
    z = torch.empty(number, latent.dim)
    if latent.distribution == "uniform":
        return z.uniform_(-1, 1, generator=random)
    if latent.distribution == "truncated":
        return torch.nn.init.trunc_normal_(z, generator=random)  # at 2
    z.normal_(generator=random)
    settle(z, latent)
    return z


def variance(latent: Latent) -> float:
    """Of every component of z."""
    return VARIANCE[latent.distribution]


def around(z: Tensor, number: int, latent: Latent, *, explained: float, random: torch.Generator) -> Tensor:
    """(N, z_dim) -> (N, number, z_dim): z itself, then z with as much noise as it leaves unexplained of Var z.

    ``explained`` is the share of Var z that z explains (R^2), in 0 ... 1. On the CPU.
    """
    spread = math.sqrt(max(0.0, 1.0 - explained) * variance(latent))
    noise = torch.randn(len(z), number, latent.dim, generator=random) * spread
    noise[:, 0] = 0
    starts = z.cpu()[:, None] + noise
    settle(starts, latent)
    return starts
