"""How close generated images come to single training images: copies, in pixels and in features.

Two yardsticks: how close unseen real images come, and how close training images come to each other (authenticity, Alaa
et al. 2022, arXiv:2102.08921).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ganzoo import ConfigError, DataError
from ganzoo.evaluation import Comparison, Float64, Measured, Pixels
from ganzoo_metrics.arrays import Ints, Points, chosen, flat
from ganzoo_metrics.distances import nearest
from ganzoo_serve.images import grid

if TYPE_CHECKING:
    from ganzoo_metrics.options import MemorisationOptions


def distance_ratio(generated: Float64, real: Float64) -> float:
    """median generated / median real, of distances (n,), (m,) to the nearest training image; well below 1 for copies.

    Raises DataError for a real median of 0.
    """
    usual = float(np.median(real))
    if usual == 0:
        raise DataError(
            "memorisation: half of the test images or more are training images as well, so that they set no measure.\n"
            "Expected a test split that shares no images with the training split."
        )
    return float(np.median(generated)) / usual


def spacing(index: Ints, training: Points) -> Float64:
    """From training[index] to the nearest other one of training (m, dim), m >= 2: (n,) -> (n,)."""
    met, where = np.unique(index, return_inverse=True)
    _, distances = nearest(training[met], training, excluded=met)
    return distances[where]


def authenticity(distances: Float64, spacings: Float64) -> float:
    """Share of images farther from their nearest training image than that one is from the nearest other one: (n,), (n,).

    A copy is not authentic; one grey level beside it is, where the training image stands in the training set twice.
    """
    return float((distances > spacings).mean())


def compute(comparison: Comparison[MemorisationOptions]) -> Measured:
    """The pictures show a generated image, its nearest training image in pixels, and that in features, in each row.

    The closest have the least distances in features beside the found image's own from its nearest other one: plain images
    are all close to each other. Raises DataError without a test split, ConfigError for a single training image.
    """
    options = comparison.options
    generated, training, test = comparison.generated, comparison.real("train"), comparison.real("test")
    sides = ((generated, options.max_images), (test, options.max_images), (training, options.max_training))
    if training.count < 2:
        raise ConfigError("memorisation compares with the training images' own distances: expected at least 2 of them.")
    drawn, unseen, seen = (chosen(side.count, most, options.seed) for side, most in sides)
    comparison.say(
        f"Nearest of {len(seen):,} training images to {len(drawn):,} generated and {len(unseen):,} test images."
    )

    fakes, known = generated.images[drawn], training.images[seen]
    pixels = _near(flat(fakes), flat(test.images[unseen]), flat(known))
    features = _near(generated.features[drawn], test.features[unseen], training.features[seen])
    rows = np.stack([fakes, known[pixels.where], known[features.where]], axis=1)
    closest = np.argsort(features.relative, kind="stable")[:16]
    return Measured(
        values={
            "memorisation_pixels": pixels.ratio,
            "memorisation_features": features.ratio,
            "authenticity_pixels": pixels.authenticity,
            "authenticity": features.authenticity,
        },
        pictures={
            "memorisation-closest": _table(rows[closest]),
            "memorisation-random": _table(rows[np.random.RandomState(options.seed).permutation(len(rows))[:16]]),
        },
        details={"generated": len(drawn), "test": len(unseen), "training": len(seen)},
    )


class _Found(NamedTuple):
    where: Ints
    relative: Float64  # distances beside spacings
    ratio: float
    authenticity: float


def _near(generated: Points, test: Points, training: Points) -> _Found:
    index, distances = nearest(generated, training)
    _, usual = nearest(test, training)
    spacings = spacing(index, training)
    relative = distances / np.maximum(spacings, np.finfo(np.float64).tiny)
    return _Found(index, relative, distance_ratio(distances, usual), authenticity(distances, spacings))


def _table(rows: Pixels) -> Pixels:
    """Rows of images (n, k, H, W, C) as one picture of k columns."""
    return grid(rows.reshape(-1, *rows.shape[2:]), columns=rows.shape[1])
