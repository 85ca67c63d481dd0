"""How far the line at x = theta is from the line at x = 0: three answers, each from points or from cells of the plane.

Source: Arjovsky et al. 2017, arXiv:1701.07875, example 1. P_r is of points (0, y) and P_theta of points (theta, y), with y of
U[0, 1]. KL is infinite and JS is log 2 wherever theta is not 0; the Wasserstein distance is |theta|.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ganzoo.divergences import (
    jensen_shannon_divergence,
    kullback_leibler_divergence,
    wasserstein_distance_1d,
)

Float64 = npt.NDArray[np.float64]

CELL = 0.05  # side of the cells that probabilities are counted in
THETAS: tuple[float, ...] = tuple(np.linspace(-1, 1, 21).tolist())
POINTS = 40


@dataclass(frozen=True)
class Distances:
    """Between P_r and P_theta at each theta (T,), all (T,): KL and JS in nats, W in the plane's own unit."""

    theta: Float64
    kl: Float64
    js: Float64
    w: Float64


def line(theta: float) -> Float64:
    """Points (40, 2) of P_theta: x is theta, and y in the middle of each fortieth of [0, 1]."""
    return np.stack([np.full(POINTS, theta), (np.arange(POINTS) + 0.5) / POINTS], axis=1)


def cells(points: Float64) -> Float64:
    """The share of points (N, 2) in each cell of [-1.025, 1.025] x [0, 1], as (K,): probabilities, of sum 1."""
    columns = np.arange(-1 - CELL / 2, 1 + CELL, CELL)
    counts, _, _ = np.histogram2d(points[:, 0], points[:, 1], bins=(columns, np.linspace(0, 1, round(1 / CELL) + 1)))
    shares: Float64 = counts.ravel() / len(points)
    return shares


def distances(thetas: Sequence[float] = THETAS) -> Distances:
    """Of the line at each theta (T,) in [-1, 1], multiples of 0.05, from the line at 0.

    KL and JS compare the cells of the plane. The Wasserstein distance is that of the x of the points: their y are the same, so
    that the cheapest plan moves every point straight across.
    """
    real = line(0.0)
    kl, js, w = [], [], []
    for theta in thetas:
        fake = line(theta)
        kl.append(kullback_leibler_divergence(cells(real), cells(fake)))
        js.append(jensen_shannon_divergence(cells(real), cells(fake)))
        w.append(wasserstein_distance_1d(real[:, 0], fake[:, 0]))
    return Distances(np.array(thetas), np.array(kl), np.array(js), np.array(w))
