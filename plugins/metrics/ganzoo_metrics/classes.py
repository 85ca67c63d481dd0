"""Which classes generated images fall into: modes reached, and the divergence from the data's shares.

With a classifier of the 1,000 digit triples and 26,000 images, the numbers of Stacked MNIST (Srivastava et al. 2017,
arXiv:1705.07761; Lin et al. 2018, arXiv:1712.04086).
"""

import numpy as np

from ganzoo import Options
from ganzoo.divergences import kullback_leibler_divergence
from ganzoo.evaluation import Comparison, Float32, Measured
from ganzoo_metrics.arrays import Ints


def histogram(probabilities: Float32) -> Ints:
    """How many images have each class as their likeliest: (N, classes) -> (classes,)."""
    return np.bincount(probabilities.argmax(axis=1), minlength=probabilities.shape[1]).astype(np.int64)


def entropy(counts: Ints) -> float:
    """-sum p log p in nats, of counts (classes,): 0 for one class, log classes for even shares."""
    p = counts[counts > 0] / counts.sum()
    return float(-(p * np.log(p)).sum()) + 0.0  # no -0.0


def divergence(counts: Ints, reference: Ints) -> float:
    """KL(p || q) in nats of the shares p of counts and q of reference, both (classes,).

    A class without a real image counts as half a one, so that one stray image makes no infinity.
    """
    return max(kullback_leibler_divergence(counts, np.maximum(reference, 0.5)), 0.0)


def compute(comparison: Comparison[Options]) -> Measured:
    """``modes`` counts the classes of at least one generated image; those that only real ones have are in a note."""
    extractor = comparison.extractor
    names = extractor.class_names or tuple(map(str, range(extractor.num_classes)))
    generated, real = (histogram(side.probabilities) for side in (comparison.generated, comparison.reference))
    missing = [name for name, here, there in zip(names, generated, real, strict=True) if there and not here]
    notes = []
    if missing:
        shown = ", ".join(missing[:10]) + (", ..." if len(missing) > 10 else "")
        notes.append(f"classes: no generated image is taken for {len(missing)} of the real classes: {shown}.")
    return Measured(
        values={
            "modes": float(np.count_nonzero(generated)),
            "class_kl": divergence(generated, real),
            "class_entropy": entropy(generated),
        },
        notes=notes,
        details={
            "generated": dict(zip(names, generated.tolist(), strict=True)),
            "real": dict(zip(names, real.tolist(), strict=True)),
            "real_modes": int(np.count_nonzero(real)),
            "real_entropy": entropy(real),
        },
    )
