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
from ganzoo.evaluation import Comparison, Measured, Sample
from ganzoo_metrics.arrays import Float32, Float64, Ints, flat
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


def closest_pairs(sample: Sample, *, size: int, batches: int, pairs: int) -> Pairs:
    """Of consecutive batches of a sample; a pair's distance is the root mean square difference of its pixels, 0 ... 255."""
    index, distances = [], []
    pixels = flat(sample.images)
    for start in range(0, batches * size, size):
        found = closest_in_features(sample.features[start : start + size], pairs) + start
        index.append(found)
        distances.append(between(pixels[found[:, 0]], pixels, found[:, 1]) / np.sqrt(pixels.shape[1]))
    return Pairs(np.stack(index), np.stack(distances))


def support_size(probability: float, *, size: int) -> float:
    """N = s (s - 1) / (-2 ln(1 - p)): so many equally likely images give a batch of s a duplicate with probability p."""
    return float(size * (size - 1) / (-2 * np.log1p(-probability)))


def duplicate_probability(found: int, batches: int) -> float:
    """(k + 1/2) / (n + 1), from k of n batches with a duplicate: Jeffreys' estimate, neither 0 nor 1."""
    return (found + 0.5) / (batches + 1)


def compute(comparison: Comparison[DuplicatesOptions]) -> Measured:
    """Raises ConfigError for fewer than 2 images of either side."""
    options, generated, reference = comparison.options, comparison.generated, comparison.reference
    fewest = min(generated.count, reference.count)
    size = min(options.size, fewest)
    if size < 2:
        raise ConfigError(f"duplicates compares pairs: it needs 2 images of either side, and has {fewest} of one.")
    batches = min(options.batches, fewest // size)
    fakes, reals = (
        closest_pairs(side, size=size, batches=batches, pairs=options.pairs) for side in (generated, reference)
    )
    # A data set with copies in it sets no measure; a grey level a pixel is not seen.
    usual = max(float(np.median(reals.closest)), 1.0)
    found = int((fakes.closest < options.threshold * usual).sum())
    notes = []
    if found in (0, batches):
        # Beyond these probabilities, what was found would come up in 1 of 20 evaluations or fewer.
        bound = 1 - 0.05 ** (1 / batches) if found == 0 else 0.05 ** (1 / batches)
        notes.append(
            f"duplicates: {'none' if found == 0 else 'each'} of {batches} batches of {size:,} holds a pair like a duplicate;"
            f" 95 % sure is a support of {'at least' if found == 0 else 'at most'} {support_size(bound, size=size):,.0f}."
        )
    flagged = np.argsort(fakes.distances, axis=None, kind="stable")[:10]
    return Measured(
        values={
            "support_size": support_size(duplicate_probability(found, batches), size=size),
            "duplicate_share": found / batches,
            "duplicate_distance": float(np.median(fakes.closest)) / usual,
        },
        notes=notes,
        pictures={"duplicates": grid(generated.images[fakes.images.reshape(-1, 2)[flagged].ravel()], columns=2)},
        details={
            "size": size,
            "batches": batches,
            "closest_generated": float(np.median(fakes.closest)),
            "closest_real": float(np.median(reals.closest)),
        },
    )
