"""Whether images show what was asked for: the class, or a code that the generator found a meaning for by itself.

The data's own classifier stands in for a reader. Accuracy as Odena, Olah & Shlens 2017 (AC-GAN, arXiv:1610.09585, section 4.1)
measure it by Inception; purity for InfoGAN's categorical code (Chen et al. 2016, arXiv:1606.03657, section 7.1).
"""

import numpy as np

from ganzoo import ConfigError, Options
from ganzoo.evaluation import Comparison, Estimate, Measured
from ganzoo_metrics.arrays import Ints


def share(hits: int, count: int) -> Estimate:
    """hits of count, with the standard error of a share."""
    p = hits / count
    return Estimate(p, float(np.sqrt(p * (1 - p) / count)), f"{count:,} images")


def table(codes: Ints, taken: Ints, classes: int) -> Ints:
    """How often images of a code (N,) are taken for a class (N,): (codes, classes), codes that do not occur left out."""
    _, place = np.unique(codes, return_inverse=True)
    counts = np.zeros((place.max() + 1, classes), np.int64)
    np.add.at(counts, (place, taken), 1)
    return counts


def accuracy(comparison: Comparison[Options]) -> Measured:
    """``class_accuracy``: the share of images that are taken for the class asked for; by class in the details."""
    generated, asked = comparison.generated, comparison.generated.labels
    hits = generated.probabilities.argmax(axis=1) == asked
    by_class = {comparison.class_names[label]: float(hits[asked == label].mean()) for label in np.unique(asked)}
    return Measured(values={"class_accuracy": share(int(hits.sum()), len(hits))}, details={"classes": by_class})


def purity(comparison: Comparison[Options]) -> Measured:
    """``class_purity``: the share of images that are taken for the class which most images of their code are taken for.

    Raises ConfigError for a model without classes or codes.
    """
    if comparison.classes is None:
        raise ConfigError("class-purity is about a model's classes or codes, and this model has none.")
    extractor, codes = comparison.extractor, np.asarray(comparison.classes)
    names = extractor.class_names or tuple(map(str, range(extractor.num_classes)))
    counts = table(codes, comparison.generated.probabilities.argmax(axis=1), extractor.num_classes)
    asked = np.unique(codes)
    return Measured(
        values={"class_purity": share(int(counts.max(axis=1).sum()), len(codes))},
        details={
            "codes": {
                str(code): {"class": names[row.argmax()], "share": float(row.max() / row.sum())}
                for code, row in zip(asked, counts, strict=True)
            },
            "classes_reached": len(set(counts.argmax(axis=1).tolist())),
        },
    )
