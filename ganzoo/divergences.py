"""How far two distributions are from each other: what the games of the zoo minimise, as plain numbers. In nats; no torch."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import rel_entr
from scipy.stats import wasserstein_distance

__all__ = [
    "jensen_shannon_distance",
    "jensen_shannon_divergence",
    "kullback_leibler_divergence",
    "sliced_wasserstein_distance",
    "wasserstein_distance_1d",
]

Numbers: TypeAlias = npt.ArrayLike


def kullback_leibler_divergence(p: Numbers, q: Numbers) -> float:
    """KL(p || q) = sum of p log(p / q), in nats; infinite where q is 0 and p is not.

    p and q: (K,), probabilities of the same K outcomes, or anything of at least 0 that is scaled to them. Raises ValueError for
    other shapes, negative numbers, or nothing but zeros. Source: Kullback & Leibler 1951, doi:10.1214/aoms/1177729694.
    """
    p, q = _probabilities(p, q)
    return max(0.0, float(rel_entr(p, q).sum()))  # of equals rounding may leave less


def jensen_shannon_divergence(p: Numbers, q: Numbers) -> float:
    """JS = (KL(p || m) + KL(q || m)) / 2 with m = (p + q) / 2, in nats: from 0 to log 2, which is for disjoint ones.

    At the best discriminator the minimax game costs 2 JS - log 4 (Goodfellow et al. 2014, arXiv:1406.2661, theorem 1). Takes and
    raises as ``kullback_leibler_divergence``. Source: Lin 1991, doi:10.1109/18.61115.
    """
    p, q = _probabilities(p, q)
    middle = (p + q) / 2
    return max(0.0, float((rel_entr(p, middle) + rel_entr(q, middle)).sum()) / 2)


def jensen_shannon_distance(p: Numbers, q: Numbers) -> float:
    """The square root of the divergence, which is a metric (Endres & Schindelin 2003, doi:10.1109/TIT.2003.813506)."""
    return math.sqrt(jensen_shannon_divergence(p, q))


def wasserstein_distance_1d(
    x: Numbers, y: Numbers, x_weights: Numbers | None = None, y_weights: Numbers | None = None
) -> float:
    """The Earth-Mover distance of samples x (n,) and y (m,) on a line, exactly: the area between their distribution functions.

    With weights (n,) and (m,), points count by them. Source: Arjovsky et al. 2017, arXiv:1701.07875, equation 1; on a line
    Vallender 1974, doi:10.1137/1118101.
    """
    return float(wasserstein_distance(x, y, x_weights, y_weights))


def sliced_wasserstein_distance(x: npt.NDArray[Any], y: npt.NDArray[Any], directions: npt.NDArray[np.float64]) -> float:
    """Mean over directions (k, dim) of the 1-Wasserstein distance of x (n, dim) and y (n, dim) along them.

    Along a line it is the mean distance of the sorted points. Raises ValueError for samples of different sizes. Source: Rabin et
    al. 2011, doi:10.1007/978-3-642-24785-9_37.
    """
    if x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}: expected as many points of the same dimension.")
    total = 0.0
    unit = (directions / np.linalg.norm(directions, axis=1, keepdims=True)).astype(x.dtype)
    for start in range(0, len(unit), 16):  # of millions of points, not all at once
        part = unit[start : start + 16]
        total += float(np.abs(np.sort(part @ x.T) - np.sort(part @ y.T)).mean(axis=1, dtype=np.float64).sum())
    return total / len(unit)


def _probabilities(p: Numbers, q: Numbers) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    if p.ndim != 1 or p.shape != q.shape:
        raise ValueError(
            f"p has shape {p.shape} and q {q.shape}: expected probabilities of the same outcomes, (K,) both."
        )
    for name, values in (("p", p), ("q", q)):
        if not (np.isfinite(values).all() and (values >= 0).all() and values.sum() > 0):
            raise ValueError(f"{name} is no distribution: expected finite numbers of at least 0, not all of them 0.")
    return p / p.sum(), q / q.sum()
