"""The log of a run as series of numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

RECENT = 3  # values: one may be an accident


@dataclass(frozen=True)
class History:
    """The records of ``stats.jsonl``; ``budget_kimg`` is None where it is counted in steps, of which ``budget_steps``."""

    records: Sequence[Mapping[str, Any]]
    budget_kimg: float | None = None
    budget_steps: int | None = None

    def series(self, name: str) -> list[float]:
        """All finite values of that name, in order."""
        values = (record.get(name) for record in self.records)
        return [float(value) for value in values if isinstance(value, int | float) and math.isfinite(value)]

    def recent(self, name: str) -> float | None:
        """The median of the last values, or None if there are too few."""
        values = self.series(name)[-RECENT:]
        return median(values) if len(values) == RECENT else None

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
        if self.budget_steps:
            return float(last.get("g_steps", 0) / self.budget_steps)
        return float(last["nimg"] / 1000 / self.budget_kimg) if self.budget_kimg else 1.0


def too_few(looks: int = RECENT) -> str:
    """Why nothing can be said."""
    return f"not measured: it takes {looks} looks at the run (every 'diagnose_every' kimg)."
