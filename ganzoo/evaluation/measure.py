"""From a metric's answer to scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ganzoo.errors import BrokenPlugin
from ganzoo.evaluation.interval import mean_and_interval
from ganzoo.evaluation.protocol import Protocol
from ganzoo.evaluation.samples import Comparison, Estimate, Measured
from ganzoo.evaluation.scores import Score
from ganzoo.registry import Registry
from ganzoo.specs import Metric


def measure(metric: Metric, comparison: Comparison[Any], registry: Registry) -> Measured:
    """What a metric finds. Raises BrokenPlugin unless it is what its record promises."""
    who = registry.metrics.describe(metric.name)
    measured: object = metric.compute(comparison)
    if not isinstance(measured, Measured):
        raise BrokenPlugin(f"{who} gave {type(measured).__name__}; expected a ganzoo.evaluation.Measured.")
    if set(measured.values) != set(metric.gives):
        raise BrokenPlugin(f"{who} gave {sorted(measured.values)}; its record promises {sorted(metric.gives)}.")
    for name, value in measured.values.items():
        number = value.value if isinstance(value, Estimate) else value
        if not np.isfinite(number):
            raise BrokenPlugin(f"{who} gave {name} = {number}; expected a finite number.")
    return measured


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
            return value.value, value.error, f"standard error over {value.over}"
        return float(value), None, None
    mean, half = mean_and_interval([value.value if isinstance(value, Estimate) else value for value in values])
    return mean, half, f"95 % interval over {len(values)} sets of seeds"
