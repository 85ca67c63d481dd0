"""Whether a series of numbers swings back and forth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ROUNDS = 5  # of swings in a series, at least: a walk at random looks like one or two


class Swing(NamedTuple):
    """``strength``: how much values are the opposite of those half a round before, 0 ... 1 (minus a correlation).

    ``length``: values in a round. ``returns``: the highest correlation around a whole round before.
    """

    strength: float
    length: int
    returns: float


def swing(values: Sequence[float]) -> Swing:
    """The swing that a series has most of, by its autocorrelation (Box & Jenkins 1970, chapter 2).

    Of ranks, so that swings that grow are like those that do not, and without the straight line through them. A round takes
    between 4 values and a fifth of the series. No strength for a line, nor for a series that is too short.
    """
    ranks = np.unique(np.asarray(values, dtype=np.float64), return_inverse=True)[1].astype(np.float64)
    count, longest = len(ranks), len(ranks) // (2 * ROUNDS)
    if longest < 2:
        return Swing(0.0, 0, 0.0)
    places = np.arange(count)
    apart = ranks - np.polyval(np.polyfit(places, ranks, 1), places)
    power = float(apart @ apart)
    if power < 1e-9 * count**3:  # but for rounding, a line
        return Swing(0.0, 0, 0.0)
    correlations: npt.NDArray[np.float64] = np.array(
        [apart[: count - lag] @ apart[lag:] / power for lag in range(5 * longest // 2 + 1)]
    )
    half = 2 + int(correlations[2 : longest + 1].argmin())
    returns = correlations[half : 5 * half // 2 + 1].max()
    return Swing(max(0.0, -float(correlations[half])), 2 * half, float(returns))
