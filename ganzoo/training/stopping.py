"""Reasons to stop before the budget is used up: functions of what was measured so far."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from ganzoo.config import Plateau, StopRule

MEASURED: dict[StopRule, str] = {"fid-plateau": "fid", "wasserstein-plateau": "wasserstein"}


def reason_to_stop(rules: Mapping[StopRule, Plateau], records: Sequence[Mapping[str, Any]]) -> str | None:
    """The first rule that the records of a run fulfil, in a sentence, or None.

    The Wasserstein estimate rises while the critic learns to tell real from generated images, and falls as the generator gets
    better (Arjovsky et al. 2017, arXiv:1701.07875, section 4.2): it counts from its peak on, as the median of three. A critic
    that prefers generated images measures no distance: a peak below 0 is none.
    """
    for rule, plateau in rules.items():
        name = MEASURED[rule]
        logged = [(record["nimg"] / 1000, record.get(name)) for record in records]
        series = [
            (kimg, float(value)) for kimg, value in logged if isinstance(value, int | float) and math.isfinite(value)
        ]
        if rule == "wasserstein-plateau":
            middle = [median(value for _, value in series[max(i - 2, 0) : i + 1]) for i in range(len(series))]
            series = [(kimg, value) for (kimg, _), value in zip(series, middle, strict=True)]
            peak = max(range(len(series)), key=lambda i: series[i][1], default=0)
            series = series[peak:] if series and series[peak][1] > 0 else []
        stuck = stuck_since(series, plateau.min_change)
        if stuck is None:
            continue
        (kimg, best), now = stuck, series[-1][0]
        if now - kimg >= plateau.patience_kimg:
            return f"{rule}: {name} has not fallen below {best:.4g}, of {kimg:g} kimg, for {now - kimg:g} kimg"
    return None


def stuck_since(series: Sequence[tuple[float, float]], min_change: float) -> tuple[float, float] | None:
    """Of pairs (kimg, value), lower better: the last that was an improvement, by a share ``min_change`` of the one before."""
    best = None
    for kimg, value in series:
        if best is None or value < best[1] - min_change * abs(best[1]):
            best = kimg, value
    return best
