"""Inception score (Salimans et al. 2016, arXiv:1606.03498, section 4)."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Estimate, Float32, Float64, Measured

if TYPE_CHECKING:
    from ganzoo_metrics.options import InceptionScoreOptions


def inception_score(probabilities: Float32, *, splits: int, seed: int | None) -> Float64:
    """exp E_x KL(p(y|x) || p(y)) within each part: (N, classes) -> (splits,), each in 1 ... classes.

    ``seed`` shuffles first, as torch-fidelity does; None keeps the order. The parts are next to each other.
    """
    p = probabilities.astype(np.float64)
    p /= p.sum(axis=1, keepdims=True)  # in float32 they sum to 1 only roughly
    if seed is not None:
        p = p[np.random.RandomState(seed).permutation(len(p))]
    edges = [index * len(p) // splits for index in range(splits + 1)]
    return np.array([_score(p[start:stop]) for start, stop in pairwise(edges)])


def _score(p: Float64) -> float:
    marginal = p.mean(axis=0)
    # 0 log 0 is 0; a class that no image has any share in drops out.
    ratio = np.divide(p, marginal, out=np.ones_like(p), where=p > 0)
    return float(np.exp((p * np.log(ratio)).sum(axis=1).mean()))


def compute(comparison: Comparison[InceptionScoreOptions]) -> Measured:
    """The real images' own score, under ``real``, is what can be reached. Raises ConfigError for fewer images than parts."""
    options = comparison.options
    sides = comparison.generated.probabilities, comparison.reference.probabilities
    if min(map(len, sides)) < options.splits:
        raise ConfigError(
            f"is has {options.splits} parts and too few images: expected at least one image in each part."
        )
    seed = options.seed if options.shuffle else None
    scores, real = (inception_score(side, splits=options.splits, seed=seed) for side in sides)
    error = float(scores.std()) / np.sqrt(options.splits)
    over = f"{options.splits} parts of {len(sides[0]) // options.splits:,}"
    return Measured(
        values={"is": Estimate(float(scores.mean()), float(error), over)},
        details={"std": float(scores.std()), "real": float(real.mean())},
    )
