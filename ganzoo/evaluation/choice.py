"""Which metrics an evaluation takes, and whether a model and a data set speak of the same classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganzoo.config import options_of
from ganzoo.errors import ConfigError
from ganzoo.evaluation.eye import Eye
from ganzoo.evaluation.protocol import ClassRule
from ganzoo.evaluation.sources import Source
from ganzoo.registry import Registry
from ganzoo.runs.folder import class_counts
from ganzoo.specs import ImageData, Metric

Chosen = list[tuple[Metric, Any]]  # with their options


def labels_rule(source: Source, data: ImageData) -> tuple[ClassRule, tuple[int, ...] | None]:
    """How images get their classes, for the protocol, and how frequent they are to be (None: not as in the data)."""
    if not source.class_names:
        return "none", None
    alike = data.labels is not None and data.class_names == source.class_names
    if source.generator is None:
        return ("their own" if alike else "none"), None
    return ("as in the data", class_counts(data)) if alike else ("uniform", None)


def asked_for(given: Mapping[str, Mapping[str, Any]], dataset: str, registry: Registry) -> Chosen:
    """The metrics of these names with these options, or the data set's, or the usual ones. Raises UnknownName, ConfigError."""
    usual = registry.dataset_of(dataset).metrics
    asked = given or {name: {} for name in usual or [metric.name for metric in registry.metrics if metric.default]}
    if not asked:
        raise ConfigError("No metric is installed; see 'ganzoo plugins'.")
    hint = "See its options with 'ganzoo list metrics'."
    metrics = [registry.metrics.get(name) for name in asked]
    given_by: dict[str, str] = {}
    for metric in metrics:
        for number in metric.gives:
            if given_by.setdefault(number, metric.name) != metric.name:
                raise ConfigError(
                    f"{given_by[number]} and {metric.name} both give {number!r}: ask for one of them by '--metrics'."
                )
    return [(m, options_of(m.options, asked[m.name], f"metrics.{m.name}", hint=hint)) for m in metrics]


def possible(asked: Chosen, source: Source, data: ImageData, *, labelled: bool, by_name: bool) -> Chosen:
    """Those that can be had of this model and data. Raises ConfigError for another that was asked for by name."""
    chosen = []
    for metric, options in asked:
        name, lacking = metric.name, None
        if "labels" in metric.needs and not labelled:
            lacking = (
                f"{name} compares class by class: it needs a conditional model and a data set with the same classes.\n"
                f"{source.scored.name} has {_classes(source.class_names)}, the data "
                f"{_classes(data.class_names)}."
            )
        elif "generator" in metric.needs and source.generator is None:
            lacking = f"{name} draws images of its own: it needs a model, and {source.scored.name} is a set of images."
        if lacking and by_name:
            raise ConfigError(f"{lacking}\nLeave it out of '--metrics'; see 'ganzoo list metrics'.")
        if not lacking:
            chosen.append((metric, options))
    return chosen


def within_sight(metrics: Chosen, eye: Eye | None, *, by_name: bool) -> tuple[Chosen, list[str]]:
    """The metrics without those that need posteriors which the extractor does not give, and a note about each."""
    if eye is None or eye.extractor.num_classes:
        return metrics, []
    blind = [metric.name for metric, _ in metrics if "probabilities" in metric.needs]
    if blind and by_name:
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
