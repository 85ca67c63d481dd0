"""Two densities on a line that are known: p_data, and p_g, which is p_data moved to the right by a shift."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64 = npt.NDArray[np.float64]

SHARES, CENTRES, DEVIATIONS = (
    np.array([0.6, 0.4]),
    np.array([-1.0, 1.0]),
    np.array([0.5, 0.35]),
)  # of the humps of p_data
STEP = 0.005
GRID = np.arange(-9, 9 + STEP / 2, STEP)  # where integrals are summed up: outside, both densities are below 1e-16


def density(x: Float64, shift: float = 0.0) -> Float64:
    """p_data (shift 0) or p_g at x (N,) -> (N,): a mixture of two normal densities, of mass 1."""
    apart = (x[:, np.newaxis] - shift - CENTRES) / DEVIATIONS
    humps = SHARES * np.exp(-(apart**2) / 2) / (DEVIATIONS * np.sqrt(2 * np.pi))
    total: Float64 = humps.sum(axis=1)
    return total


def draw(n: int, shift: float, random: np.random.Generator) -> npt.NDArray[np.float32]:
    """n samples of that density, (n,)."""
    hump = random.choice(len(SHARES), size=n, p=SHARES)
    return (random.normal(CENTRES[hump], DEVIATIONS[hump]) + shift).astype(np.float32)
