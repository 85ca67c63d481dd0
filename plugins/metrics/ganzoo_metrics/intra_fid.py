"""FID within each class (Miyato & Koyama 2018, arXiv:1802.05637, section 4): it sees a class that lost its variety."""

from collections.abc import Mapping

import numpy as np

from ganzoo import ConfigError, Options
from ganzoo.evaluation import Comparison, Float32, Float64, Measured, Moments
from ganzoo_metrics.arrays import Ints
from ganzoo_metrics.frechet import covariance_factor, feature_factor, frechet_distance


def intra_fid(
    generated: Float32, generated_labels: Ints, reference: Float32, reference_labels: Ints
) -> Mapping[int, float]:
    """FID of each class with 2 images or more of both sides; features (N, dim), labels (N,)."""
    distances = {}
    for label in np.intersect1d(generated_labels, reference_labels):
        sides = generated[generated_labels == label], reference[reference_labels == label]
        if min(map(len, sides)) >= 2:
            (mean1, factor1), (mean2, factor2) = map(_gaussian, sides)
            distances[int(label)] = frechet_distance(mean1, factor1, mean2, factor2)
    return distances


def _gaussian(features: Float32) -> tuple[Float64, Float64]:
    """Mean and a factor of the covariance: the images themselves are the smaller one where they are few."""
    if len(features) <= features.shape[1]:
        return features.mean(axis=0, dtype=np.float64), feature_factor(features)
    moments = Moments(features.shape[1])
    moments.add(features)
    return moments.mean, covariance_factor(moments.covariance)


def compute(comparison: Comparison[Options]) -> Measured:
    """Raises ConfigError where no class has 2 images of both sides."""
    generated, reference = comparison.generated, comparison.reference
    names, dim = comparison.class_names, comparison.extractor.dim
    distances = intra_fid(generated.features, generated.labels, reference.features, reference.labels)
    if not distances:
        raise ConfigError("intra-fid compares covariances within classes, and no class has 2 images of both sides.")
    notes = []
    left_out = [name for label, name in enumerate(names) if label not in distances]
    if left_out:
        notes.append(f"intra-fid leaves out classes with fewer than 2 images of one side: {', '.join(left_out)}.")
    fewest = min(int((side.labels == label).sum()) for side in (generated, reference) for label in distances)
    if fewest <= dim:
        notes.append(
            f"intra-fid is from {fewest:,} images of one class, too few for a covariance in {dim:,} dimensions of full"
            f" rank: take at least {dim + 1:,} of each. Values compare at equal numbers of images only."
        )
    return Measured(
        values={"intra_fid": float(np.mean(list(distances.values())))},
        notes=notes,
        details={"classes": {names[label]: distance for label, distance in distances.items()}},
    )
