"""Runs of one configuration under several seeds, as what is drawn of them."""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt

from ganzoo.config import Resolved, TrainConfig
from ganzoo.diagnosis import Check, examine
from ganzoo.errors import RunError
from ganzoo.runs.folder import DataFacts, RunFolder, moment_of
from ganzoo.training.engine import critic_steps_before

Points = list[tuple[int, float]]  # generator updates, value
POINTS = 240  # that a curve is drawn by: more than a page has room for help nobody
PNG = b"\x89PNG\r\n\x1a\n"  # how such a file begins


@dataclass(frozen=True)
class Curve:
    """Mean, least and largest over the ``runs``, each (n,), at generator updates ``steps`` (n,)."""

    steps: npt.NDArray[np.float64]
    mean: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]
    runs: int


@dataclass(frozen=True)
class Group:
    """``label``: what it is called on the page. All runs are of one configuration but for the seed."""

    label: str
    runs: Sequence[RunFolder]

    @cached_property
    def read(self) -> list[tuple[Resolved, DataFacts]]:
        """Of each run, what it was started with. Raises RunError."""
        return [run.read_config() for run in self.runs]

    @property
    def config(self) -> TrainConfig:
        """Of the first run."""
        return self.read[0][0].config

    @property
    def facts(self) -> DataFacts:
        """The data of the first run."""
        return self.read[0][1]

    @cached_property
    def records(self) -> list[list[dict[str, Any]]]:
        """Of each run, what it logged. Raises RunError if there is nothing at all."""
        found = [run.stats() for run in self.runs]
        if not any(found):
            raise RunError(f"{self.runs[0].path} has logged nothing yet; look again when it has trained for a while.")
        return found

    @cached_property
    def checks(self) -> list[list[Check]]:
        """Of each run, what its log says of ailments."""
        return [
            examine(records, resolved.config) for records, (resolved, _) in zip(self.records, self.read, strict=True)
        ]

    @cached_property
    def unfinished(self) -> list[str]:
        """What is said of runs that neither used up their budget nor were ended by a rule or a divergence."""
        told = []
        for run, records, (resolved, _) in zip(self.runs, self.records, self.read, strict=True):
            last = records[-1] if records else {}
            share = resolved.config.share(last.get("nimg", 0), last.get("g_steps", 0))
            if share < 1 and not (run.stopped() or run.diverged()):
                told.append(f"{self.label}, seed {resolved.config.seed}: {share:.0%} of its budget so far")
        return told

    @cached_property
    def earlier(self) -> list[dict[str, float]]:
        """Of each run, what was found while it went on and is not there any more: names, and the kimg when it was."""
        told = []
        for records, checks in zip(self.records, self.checks, strict=True):
            still = {check.name for check in checks if check.found}
            found: dict[str, float] = {}
            for record in records:
                for name in record.get("findings", ()) if isinstance(record.get("findings"), list) else ():
                    found.setdefault(str(name), record["nimg"] / 1000)
            told.append({name: kimg for name, kimg in found.items() if name not in still})
        return told

    def names(self) -> set[str]:
        """All numbers that were logged."""
        return {
            name
            for run in self.records
            for record in run
            for name, value in record.items()
            if isinstance(value, int | float) and name not in ("nimg", "g_steps")
        }

    def points(self, name: str) -> list[Points]:
        """Of each run, that number against generator updates; runs without it are left out."""
        found = [
            [
                (record["g_steps"], float(record[name]))
                for record in run
                if _is_number(record.get(name)) and _is_number(record.get("g_steps"))
            ]
            for run in self.records
        ]
        return [points for points in found if points]

    def curve(self, name: str) -> Curve | None:
        """That number over the seeds that have it, as long as all of those have it; None if nobody does."""
        runs = [[(step, value) for step, value in points if math.isfinite(value)] for points in self.points(name)]
        runs = [points for points in runs if points]
        first = max((points[0][0] for points in runs), default=0)
        last = min((points[-1][0] for points in runs), default=0)
        steps = np.unique([step for points in runs for step, _ in points if first <= step <= last]).astype(np.float64)
        if not len(steps):
            return None
        average = len(steps) > POINTS
        if average:
            steps = np.linspace(steps[0], steps[-1], POINTS)
        values = np.stack([_values(points, steps, average=average) for points in runs])
        return Curve(steps, values.mean(0), values.min(0), values.max(0), len(runs))

    def last(self, name: str) -> list[float]:
        """The last value of each run that has one."""
        return [points[-1][1] for points in self.points(name)]

    def typical(self, name: str) -> float | None:
        """The median of all values of all runs."""
        values = [value for points in self.points(name) for _, value in points]
        return median(values) if values else None

    def grids(self) -> list[list[tuple[int, Path]]]:
        """Of each run, its sample grids with the generator updates after which they were drawn."""
        return [
            [
                (step_of(self.config, moment_of(path)), path)
                for path in sorted(run.samples.glob("kimg*.png"))
                if _is_grid(path)
            ]
            for run in self.runs
        ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < 1e300


def _is_grid(path: Path) -> bool:
    """Whether a training drew it: a PNG under such a name, and no link to who knows what."""
    if not re.fullmatch(r"kimg\d{6,10}\.\d{3}\.png", path.name) or path.is_symlink() or not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(PNG)) == PNG


def step_of(config: TrainConfig, nimg: int) -> int:
    """After how many generator updates ``nimg`` real images were shown."""
    return bisect_left(range(nimg + 1), nimg, key=lambda steps: critic_steps_before(config, steps) * config.batch_size)


def _values(points: Points, steps: npt.NDArray[np.float64], *, average: bool) -> npt.NDArray[np.float64]:
    """The values at ``steps``, between neighbours where there is none; or, of even ones, ``average`` of those around each."""
    at, values = (np.array(column, dtype=np.float64) for column in zip(*points, strict=True))
    between: npt.NDArray[np.float64] = np.interp(steps, at, values)
    if not average:  # uneven ones, as scores are taken at, lie around no step but their own
        return between
    half = (steps[1] - steps[0]) / 2
    sums = np.concatenate([[0.0], np.cumsum(values)])
    low, high = np.searchsorted(at, steps - half), np.searchsorted(at, steps + half, side="right")
    counts = high - low
    return np.where(counts > 0, (sums[high] - sums[low]) / np.maximum(counts, 1), between)
