"""The birthday paradox test (Arora & Zhang 2017, arXiv:1706.08224): how many different images a generator has.

A sample of s images from N equally likely ones holds two of a kind with probability 1 - exp(-s (s - 1) / 2N). The paper
has a person look at the 20 closest pairs of a sample and say whether two are one image. Here the pairs are the closest in
features, and two images are one if their pixels are closer than a share of what the closest pair of as many real
images is apart. Look at the picture before you believe the number: two plain images can be close and not the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Float32, Float64, Measured, Sample
from ganzoo_metrics.arrays import Ints, flat
from ganzoo_metrics.distances import between, tiles
from ganzoo_serve.images import grid

if TYPE_CHECKING:
    from ganzoo_metrics.options import DuplicatesOptions


class Pairs(NamedTuple):
    """Closest pairs of each batch: images (batches, pairs, 2) by index, and distances in grey levels (batches, pairs)."""

    images: Ints
    distances: Float64

    @property
    def closest(self) -> Float64:
        """The smallest distance of each batch: (batches,)."""
        smallest: Float64 = self.distances.min(axis=1)
        return smallest


def closest_in_features(features: Float32, pairs: int) -> Ints:
    """The ``pairs`` closest pairs of features (N, dim), or all if they are fewer: (pairs, 2)."""
    distances = np.full((len(features), len(features)), np.inf, dtype=np.float32)
    for rows, columns, tile in tiles(features, features):
        distances[rows, columns] = tile
    first, second = np.triu_indices(len(features), k=1)
    above = distances[first, second]
    found = np.argpartition(above, pairs - 1)[:pairs] if pairs < len(above) else np.arange(len(above))
    return np.stack([first[found], second[found]], axis=1)


def closest_pairs(sample: Sample, batches: Ints, *, pairs: int) -> Pairs:
    """Of batches of a sample (batches, size) by index; a distance is the root mean square difference of pixels, 0 ... 255."""
    found, distances = [], []
    pixels = flat(sample.images)
    for batch in batches:
        first, second = batch[closest_in_features(sample.features[batch], pairs)].T
        found.append(np.stack([first, second], axis=1))
        distances.append(between(pixels[first], pixels, second) / np.sqrt(pixels.shape[1]))
    return Pairs(np.stack(found), np.stack(distances))


def support_size(probability: float, *, size: int) -> float:
    """N = s (s - 1) / (-2 ln(1 - p)): so many equally likely images give a batch of s a duplicate with probability p."""
    return float(size * (size - 1) / (-2 * np.log1p(-probability))) if probability < 1 else 0.0


def probability_bound(found: int, batches: int) -> float:
    """The largest p, 95 % sure, where k of n batches held a duplicate (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    return 1.0 if found == batches else float(betaincinv(found + 1, batches - found, 0.95))


def compute(comparison: Comparison[DuplicatesOptions]) -> Measured:
    """``support_size`` is what the model has at least, 95 % sure. Raises ConfigError for fewer than 2 images of either side."""
    options, generated, reference = comparison.options, comparison.generated, comparison.reference
    fewest = min(generated.count, reference.count)
    size = min(options.size, fewest)
    if size < 2:
        raise ConfigError(f"duplicates compares pairs: it needs 2 images of either side, and has {fewest} of one.")
    batches = min(options.batches, fewest // size)
    mixed = np.random.RandomState(options.seed).permutation(
        reference.count
    )  # they may stand in the order of their classes
    while True:
        fakes = closest_pairs(generated, np.arange(batches * size).reshape(batches, size), pairs=options.pairs)
        reals = closest_pairs(reference, mixed[: batches * size].reshape(batches, size), pairs=options.pairs)
        # A data set with copies in it sets no measure; a grey level a pixel is not seen.
        usual = max(float(np.median(reals.closest)), 1.0)
        found = int((fakes.closest < options.threshold * usual).sum())
        if found < batches or size < 4:
            break
        size //= 2  # every batch holds one: the test can only tell what a batch of this size leaves open
    flagged = np.argsort(fakes.distances, axis=None, kind="stable")[:10]
    return Measured(
        values={
            "support_size": max(support_size(probability_bound(found, batches), size=size), 1.0),
            "duplicate_share": found / batches,
            "duplicate_distance": float(np.median(fakes.closest)) / usual,
        },
        notes=[
            f"duplicates: {found} of {batches} batches of {size:,} hold a pair like a duplicate; "
            "support_size is a lower bound, 95 % sure."
        ],
        pictures={"duplicates": grid(generated.images[fakes.images.reshape(-1, 2)[flagged].ravel()], columns=2)},
        details={
            "size": size,
            "batches": batches,
            "closest_generated": float(np.median(fakes.closest)),
            "closest_real": float(np.median(reals.closest)),
        },
    )
