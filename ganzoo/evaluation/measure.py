"""From a metric's answer to scores."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ganzoo.errors import BrokenPlugin, GanzooError
from ganzoo.evaluation.interval import mean_and_interval
from ganzoo.evaluation.protocol import Protocol
from ganzoo.evaluation.samples import Comparison, Estimate, Measured
from ganzoo.evaluation.scores import Score
from ganzoo.registry import Registry
from ganzoo.specs import Metric

PICTURE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")  # the name of a file, and of no other place


def measure(metric: Metric, comparison: Comparison[Any], registry: Registry) -> Measured:
    """What a metric finds, its details as plain data. Raises BrokenPlugin unless it is what its record promises."""
    who = registry.metrics.describe(metric.name)
    try:
        measured: object = metric.compute(comparison)
    except BrokenPlugin as error:
        raise BrokenPlugin(f"{who}: {error}") from error
    except Exception as error:
        if not isinstance(error, GanzooError):
            error.add_note(f"{who} was measuring.")
        raise
    if not isinstance(measured, Measured):
        raise BrokenPlugin(f"{who} gave {type(measured).__name__}; expected a ganzoo.evaluation.Measured.")
    if set(measured.values) != set(metric.gives):
        raise BrokenPlugin(f"{who} gave {sorted(measured.values)}; its record promises {sorted(metric.gives)}.")
    for name, value in measured.values.items():
        number, error_ = (value.value, value.error) if isinstance(value, Estimate) else (value, 0.0)
        if not (_finite(number) and _finite(error_) and error_ >= 0):
            raise BrokenPlugin(f"{who} gave {name} = {value!r}; expected a finite number, or an Estimate of such.")
    for name, picture in measured.pictures.items():
        if not PICTURE.fullmatch(name):
            raise BrokenPlugin(f"{who} gave a picture {name!r}; expected letters, digits, '.', '-' and '_'.")
        if not (isinstance(picture, np.ndarray) and picture.dtype == np.uint8 and picture.ndim == 3):
            raise BrokenPlugin(f"{who} gave as picture {name!r} no uint8 array (h, w, c).")
    if isinstance(measured.notes, str):
        raise BrokenPlugin(f"{who} gave a text for its notes; expected a list of sentences.")
    try:
        details = json.loads(json.dumps(dict(measured.details), default=_plain, allow_nan=False))
    except (TypeError, ValueError) as error:
        raise BrokenPlugin(f"{who} gave details that are no plain data: {error}.") from error
    return replace(measured, details=details)


def _finite(value: object) -> bool:
    return isinstance(value, int | float | np.integer | np.floating) and bool(np.isfinite(value))


def _plain(value: object) -> object:
    """What json cannot say of itself: numbers and arrays of numpy."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{value!r:.60} of type {type(value).__name__}")


def scores_of(metric: Metric, protocol: Protocol, repeats: Sequence[Measured], seeds: tuple[int, int]) -> list[Score]:
    """A score for each number of a metric, over the repeats; ``seeds`` are the first and last of all."""
    scores = []
    for name, better in metric.gives.items():
        value, error, over = _over_repeats([measured.values[name] for measured in repeats])
        scores.append(
            Score(
                name=name,
                value=value,
                error=error,
                over=over,
                better=better,
                seeds=seeds,
                protocol=protocol,
            )
        )
    return scores


def _over_repeats(values: Sequence[float | Estimate]) -> tuple[float, float | None, str | None]:
    """Value, error and what the error is over: of one repeat the metric's own, of several Student's 95 % interval."""
    if len(values) == 1:
        (value,) = values
        if isinstance(value, Estimate):
            return float(value.value), float(value.error), f"standard error over {value.over}"
        return float(value), None, None
    mean, half = mean_and_interval([value.value if isinstance(value, Estimate) else value for value in values])
    return mean, half, f"95 % interval over {len(values)} sets of seeds"
