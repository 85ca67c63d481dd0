"""What several measurements of one thing say together."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, isfinite, log10

import numpy as np


def mean_and_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean, and half the width of Student's 95 % interval around it; of one value there is none."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, None
    from scipy.special import stdtrit

    return mean, float(stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(len(values)))


def with_error(value: float, error: float | None) -> str:
    """A value and its error, to the digits that the error leaves; the value alone where there is none to speak of."""
    # An error beside nothing is the rounding of one number, again and again.
    if error is None or not isfinite(error) or error <= 1e-9 * abs(value):
        return f"{value:.4g}"
    digits = min(max(0, 1 - floor(log10(error))), 12)
    if value:  # five of the value are enough
        digits = min(digits, max(0, 4 - floor(log10(abs(value)))))
    return f"{value:.{digits}f} ± {error:.{digits}f}"
