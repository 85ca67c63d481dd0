"""Kernel inception distance (Bińkowski et al. 2018, arXiv:1801.01401)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Estimate, Float32, Float64, Measured

if TYPE_CHECKING:
    from ganzoo_metrics.options import KidOptions

BLOCKS = 10


def polynomial_kernel(x: Float32, y: Float32) -> Float64:
    """(<x, y> / dim + 1)^3: (n, dim), (m, dim) -> (n, m). Source: section 4."""
    # The products may be rounded to float32, each its own way; a million of them may not be summed so.
    kernel = (x @ y.T).astype(np.float64)
    kernel /= x.shape[1]
    kernel += 1
    return kernel * kernel * kernel


def mmd2(x: Float32, y: Float32) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy: (m, dim), (m, dim) -> below 0 at times.

    sum_{i != j} (k(x_i, x_j) + k(y_i, y_j)) / (m (m - 1)) - 2 sum_ij k(x_i, y_j) / m^2. Source: Gretton et al.
    2012, Journal of Machine Learning Research 13, lemma 6.
    """
    m = len(x)
    within = sum(float(k.sum() - k.trace()) for k in (polynomial_kernel(x, x), polynomial_kernel(y, y)))
    return within / (m * (m - 1)) - 2 * float(polynomial_kernel(x, y).sum()) / m**2


def kid(generated: Float32, reference: Float32, *, subsets: int, size: int, seed: int) -> Float64:
    """``mmd2`` of random subsets of features (N, dim), (M, dim), ``size`` of each: (subsets,).

    The subsets are torch-fidelity's, where the generated images are its first input.
    """
    random = np.random.RandomState(seed)
    values = np.empty(subsets)
    for index in range(subsets):
        x = generated[random.choice(len(generated), size, replace=False)]
        y = reference[random.choice(len(reference), size, replace=False)]
        values[index] = mmd2(x, y)
    return values


def standard_error(generated: Float32, reference: Float32, *, size: int, seed: int) -> tuple[float, int]:
    """Of ``mmd2`` over 10 blocks that share no image, and how many images of either side a block has, ``size`` at most.

    Random subsets share images and lie closer together than new images would. Blocks smaller than ``size`` err on the safe
    side. (NaN, 0) for fewer than 20 images.
    """
    count = min(len(generated), len(reference), size * BLOCKS) // BLOCKS
    if count < 2:
        return float("nan"), 0
    random = np.random.RandomState(seed)  # real images may stand in the order of their classes
    fakes, reals = (
        random.permutation(len(side))[: count * BLOCKS].reshape(BLOCKS, -1) for side in (generated, reference)
    )
    values = [mmd2(generated[fake], reference[real]) for fake, real in zip(fakes, reals, strict=True)]
    return float(np.std(values, ddof=1) / np.sqrt(BLOCKS)), count


def compute(comparison: Comparison[KidOptions]) -> Measured:
    """The mean over random subsets. Raises ConfigError for fewer than 2 images of either side."""
    options, generated, reference = comparison.options, comparison.generated, comparison.reference
    fewest = min(generated.count, reference.count)
    if fewest < 2:
        raise ConfigError(f"kid compares pairs: it needs 2 images of either side, and has {fewest} of one.")
    size = min(options.size, fewest)
    values = kid(generated.features, reference.features, subsets=options.subsets, size=size, seed=options.seed)
    error, block = standard_error(generated.features, reference.features, size=size, seed=options.seed)
    notes = []
    if size < options.size:
        notes.append(f"kid is over subsets of {size:,}, all there are of one side, instead of {options.size:,}.")
    mean = float(values.mean())
    return Measured(
        values={"kid": Estimate(mean, error, f"{BLOCKS} blocks of {block:,}") if block else mean},
        notes=notes,
        details={"std": float(values.std())},
    )
