"""Which modes a generator has found, and how good its points are."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt

from ganzoo import ConfigError, FeatureContext, Options
from ganzoo.divergences import kullback_leibler_divergence
from ganzoo.evaluation import Comparison, Extractor, Features, Float32, Measured, Pixels
from ganzoo_plane import ModesOptions
from ganzoo_plane.points import as_points

APART = 6  # deviations of a class between classes that are modes: good points are then of one only


class Points(Extractor):
    """Points as they are. Where the data's classes are modes, posteriors say which is the nearest.

    ``centres``: (K, 2), the mean of each class of real points; ``deviation``: their standard deviation along an axis.
    """

    resizer, dim = "none", 2

    def __init__(self, context: FeatureContext[Options]) -> None:
        if tuple(context.image_shape) != (1, 1, 2):
            raise ConfigError(
                f"The features 'points' are of points in the plane, and these images are {context.image_shape.width}x"
                f"{context.image_shape.height}.\nExpected a data set such as ring8, or other features."
            )
        data = context.load("train")
        self.centres: npt.NDArray[np.float32] = np.empty((0, 2), dtype=np.float32)
        self.deviation = 0.0
        if data.labels is not None:
            points = as_points(data.images)
            self.centres = np.stack([points[data.labels == k].mean(0) for k in range(len(data.class_names))])
            self.deviation = float((points - self.centres[data.labels]).std())
            self.num_classes, self.class_names = len(self.centres), data.class_names
        self.identity = "points-1-" + hashlib.sha256(self.centres.tobytes()).hexdigest()[:16]

    def __call__(self, images: Pixels) -> Features:
        points = as_points(images)
        if not len(self.centres):
            return Features(points)
        return Features(points, np.eye(len(self.centres), dtype=np.float32)[nearest(points, self.centres)[0]])


def nearest(points: Float32, centres: Float32) -> tuple[npt.NDArray[np.int64], Float32]:
    """The nearest of centres (K, 2) to each of points (N, 2), and how far it is: (N,), (N,)."""
    distances = np.linalg.norm(points[:, np.newaxis] - centres, axis=2)
    found = distances.argmin(axis=1)
    return found, distances[np.arange(len(points)), found]


def measure(comparison: Comparison[ModesOptions]) -> Measured:
    """Raises ConfigError where the data's classes are no modes: as wide as they are far apart, or none at all.

    A point is good within ``deviations`` of the nearest mode; a mode is found by ``least_share`` of the good points that it would
    have if all were good and evenly spread. The divergence is KL of the good points' shares from even ones, in nats. Source:
    Lin et al. 2018, arXiv:1712.04086, section 4.1, where one good point finds a mode.
    """
    extractor = comparison.extractor
    if not isinstance(extractor, Points) or not _are_modes(extractor):
        raise ConfigError(
            "The metric 'modes' counts modes of points in the plane.\nExpected '--features points' and ring8 or grid25."
        )
    found, far = nearest(comparison.generated.features, extractor.centres)
    good = far <= comparison.options.deviations * extractor.deviation
    counts = np.bincount(found[good], minlength=len(extractor.centres))
    needed = max(1.0, comparison.options.least_share * len(found) / len(counts))
    shares = kullback_leibler_divergence(counts, np.ones(len(counts))) if counts.any() else np.log(len(counts))
    return Measured(
        values={
            "modes_found": float(np.count_nonzero(counts >= needed)),
            "high_quality": float(good.mean()),
            "modes_kl": float(shares),
        },
        details={"good": dict(zip(extractor.class_names, counts.tolist(), strict=True))},
    )


def _are_modes(extractor: Points) -> bool:
    if len(extractor.centres) < 2:
        return False
    apart = np.linalg.norm(extractor.centres[:, np.newaxis] - extractor.centres, axis=2)
    return bool(np.min(apart[~np.eye(len(apart), dtype=bool)]) > APART * extractor.deviation)
