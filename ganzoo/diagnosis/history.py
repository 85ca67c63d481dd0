"""The log of a run as series of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from ganzoo.config import TrainConfig

RECENT = 3  # values: one may be an accident


@dataclass(frozen=True)
class History:
    """The records of ``stats.jsonl``, and the configuration that they were made by."""

    records: Sequence[Mapping[str, Any]]
    config: TrainConfig

    def series(self, name: str) -> list[float]:
        """All finite values of that name, in order."""
        values = (record.get(name) for record in self.records)
        return [float(value) for value in values if isinstance(value, int | float) and math.isfinite(value)]

    def recent(self, name: str) -> float | None:
        """The median of the last values, or None if there are too few."""
        medians = self.medians(name)
        return medians[-1] if medians else None

    def medians(self, name: str) -> list[float]:
        """Each median of that many values in a row; empty if there are too few."""
        values = self.series(name)
        return [median(values[first : first + RECENT]) for first in range(len(values) - RECENT + 1)]

    def told(self, name: str) -> str | None:
        """The last sentence of that name."""
        texts = [record[name] for record in self.records if isinstance(record.get(name), str)]
        return texts[-1] if texts else None

    @property
    def share(self) -> float:
        """Of the budget, how much is used up."""
        if not self.records:
            return 0.0
        last = self.records[-1]
        return self.config.share(last["nimg"], last.get("g_steps", 0))


def too_few(looks: int = RECENT) -> str:
    """Why nothing can be said."""
    return f"not measured: it takes {looks} looks at the run (every 'diagnose_every' kimg)."
