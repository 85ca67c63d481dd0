"""Which training images keep their label."""

import numpy as np

from ganzoo import ConfigError


def choose_labelled(labels: np.ndarray, *, count: int, num_classes: int, seed: int) -> np.ndarray:
    """Indices of ``count`` images, as many of each class, drawn without replacement.

    Shapes: (N,) int64 -> (count,) int64, sorted by class. A function of ``seed`` alone. Raises ConfigError if the count cannot
    be shared equally, or a class has too few images.
    """
    if count < num_classes or count % num_classes:
        below = count // num_classes * num_classes
        nearest = " or ".join(str(n) for n in (below, below + num_classes) if n)
        raise ConfigError(
            f"{count} labels cannot be shared equally among {num_classes} classes; "
            f"expected a multiple of {num_classes}, such as {nearest}."
        )
    per_class = count // num_classes
    found = np.bincount(labels, minlength=num_classes)
    if not found.min():
        raise ConfigError(f"Class {found.argmin()} has no training images; expected some of each class.")
    if per_class > found.min():
        raise ConfigError(
            f"{count} labels are {per_class} of each class, but class {found.argmin()} has {found.min()} images; "
            f"expected at most '--labels {found.min() * num_classes}'."
        )
    random = np.random.default_rng([seed, 0])
    chosen = [random.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in range(num_classes)]
    return np.concatenate(chosen)
