"""Which metrics an evaluation takes, and whether a model and a data set speak of the same classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganzoo.config import options_of
from ganzoo.errors import ConfigError
from ganzoo.evaluation.look import Eye
from ganzoo.evaluation.scores import ClassRule
from ganzoo.evaluation.sources import Source
from ganzoo.registry import Registry
from ganzoo.runs.folder import class_counts
from ganzoo.specs import ImageData, Metric

Asked = Mapping[str, Mapping[str, Any]]  # options by name


def labels_rule(source: Source, data: ImageData) -> tuple[ClassRule, tuple[int, ...] | None]:
    """How images get their classes, for the protocol, and how frequent they are to be (None: not as in the data)."""
    if not source.class_names:
        return "none", None
    alike = data.labels is not None and data.class_names == source.class_names
    if source.generator is None:
        return ("their own" if alike else "none"), None
    return ("as in the data", class_counts(data)) if alike else ("uniform", None)


def choose(
    given: Asked, registry: Registry, source: Source, data: ImageData, *, labelled: bool
) -> list[tuple[Metric, Any]]:
    """The metrics to take, with their options. Raises ConfigError for one that cannot be had of this model and data."""
    asked = given or {metric.name: {} for metric in registry.metrics if metric.default}
    if not asked:
        raise ConfigError("No metric is installed; see 'ganzoo plugins'.")
    chosen = []
    for name, settings in asked.items():
        metric = registry.metrics.get(name)
        options = options_of(metric.options, settings, f"metrics.{name}")
        lacking = None
        if "labels" in metric.needs and not labelled:
            lacking = (
                f"{name} compares class by class: it needs a conditional model and a data set with the same classes.\n"
                f"{source.scored.name} has {_classes(source.class_names)}, the data "
                f"{_classes(data.class_names)}."
            )
        elif "generator" in metric.needs and source.generator is None:
            lacking = f"{name} draws images of its own: it needs a model, and {source.scored.name} is a set of images."
        if lacking and given:
            raise ConfigError(f"{lacking}\nLeave it out of '--metrics'; see 'ganzoo list metrics'.")
        if not lacking:
            chosen.append((metric, options))
    return chosen


def within_sight(
    metrics: list[tuple[Metric, Any]], eye: Eye | None, *, asked: bool
) -> tuple[list[tuple[Metric, Any]], list[str]]:
    """The metrics without those that need posteriors which the extractor does not give, and a note about each."""
    if eye is None or eye.extractor.num_classes:
        return metrics, []
    blind = [metric.name for metric, _ in metrics if "probabilities" in metric.needs]
    if blind and asked:
        raise ConfigError(
            f"{', '.join(blind)}: the features {eye.name!r} know no classes.\n"
            "Expected '--features classifier' or another; see 'ganzoo list features'."
        )
    notes = [f"{', '.join(blind)} left out: the features {eye.name!r} know no classes."] if blind else []
    return [(metric, options) for metric, options in metrics if metric.name not in blind], notes


def _classes(names: tuple[str, ...]) -> str:
    return (
        f"{len(names)} classes ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})" if names else "no classes"
    )
