"""An evaluation, from images to numbers: what is scored, what it is compared with, and what the metrics say."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.config import options_of
from ganzoo.data.files import DataFiles
from ganzoo.errors import BrokenPlugin, ConfigError
from ganzoo.evaluation.cache import cache_folder
from ganzoo.evaluation.choice import Asked, choose, labels_rule, within_sight
from ganzoo.evaluation.interval import mean_and_interval
from ganzoo.evaluation.look import BLOCK, Eye, look
from ganzoo.evaluation.real import RealImages
from ganzoo.evaluation.samples import Comparison, Estimate, Extractor, Features, Measured, Pixels, Sample
from ganzoo.evaluation.scores import ClassRule, Evaluation, Protocol, Score
from ganzoo.evaluation.sources import Source
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import public_name
from ganzoo.specs import FeatureContext, Metric, Need, Options, Split
from ganzoo_serve.seeds import MAX_SEED, classes_as_frequent, classes_from_seeds

LOOKS: frozenset[Need] = frozenset({"moments", "features", "probabilities"})


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be measured, and how.

    ``metrics`` by name with their options; empty: those that are measured by default, as far as the data allow.
    ``features``: the extractor and its options; None: ``classifier`` for labelled data, else ``inception``. ``samples``
    images a repeat; repeat r takes seeds from ``first_seed + r * samples`` on.
    """

    dataset: str
    split: Split = "train"
    metrics: Asked = field(default_factory=dict)
    features: tuple[str, Mapping[str, Any]] | None = None
    samples: int = 10_000
    repeats: int = 1
    first_seed: int = 0
    truncation: float | None = None
    data_dir: Path | None = None
    device: str = "auto"


@dataclass(frozen=True)
class Found:
    """An evaluation, and the pictures that came with it: uint8 (h, w, c) by name."""

    evaluation: Evaluation
    pictures: dict[str, Pixels]


def evaluate(
    source: Source, request: Request, registry: Registry, stages: Stages, *, real: RealImages | None = None
) -> Found:
    """Score ``source`` against a data set. Raises GanzooError for everything that a user can put right.

    ``real`` holds the data set's images where several sources are scored by one request, one after the other.
    """
    begin = time.monotonic()
    _check(request, source)
    real = real or RealImages(request.dataset, registry, source.shape, data_dir=request.data_dir, stages=stages)
    data = real.load(request.split)
    rule, frequencies = labels_rule(source, data)
    metrics = choose(request.metrics, registry, source, data, labelled=rule in ("as in the data", "their own"))
    needs: frozenset[Need] = frozenset().union(*(metric.needs for metric, _ in metrics))
    if needs & LOOKS and real.eye is None:
        real.eye = open_eye(request, registry, real, stages)
    eye = real.eye
    metrics, notes = within_sight(metrics, eye, asked=bool(request.metrics))
    reference = real.sample(request.split, needs)

    found: list[dict[str, Measured]] = []  # by metric, for each repeat
    for repeat in range(request.repeats):
        first = request.first_seed + repeat * request.samples
        seeds = range(first, first + request.samples)
        generated = _drawn(source, seeds, frequencies, request.truncation, needs, eye, stages)
        found.append({})
        for metric, options in metrics:
            stage = stages.stage(f"Measuring {metric.name}", 1)
            comparison = Comparison(
                options=options,
                generated=generated,
                reference=reference,
                split=request.split,
                real=lambda split: real.sample(split, needs),
                extractor=eye.extractor if eye else _NoExtractor(),
                class_names=data.class_names,
                generator=source.generator,
                seeds=seeds,
                say=stages.say,
            )
            found[-1][metric.name] = _measured(metric, comparison, registry)
            stage.advance()

    scores: list[Score] = []
    for metric, options in metrics:
        protocol = _protocol(metric, options, request, source, real, rule, eye)
        scores += _scores(metric, protocol, [by_metric[metric.name] for by_metric in found], request)
    once = found[0].values()
    evaluation = Evaluation(
        scored=source.scored,
        scores=tuple(scores),
        notes=tuple(dict.fromkeys([*notes, *(note for measured in once for note in measured.notes)])),
        details={name: dict(measured.details) for name, measured in found[0].items() if measured.details},
        seconds=round(time.monotonic() - begin, 3),
        versions={name: version(name) for name in ("ganzoo", "numpy", "torch")},
    )
    return Found(evaluation, {name: picture for measured in once for name, picture in measured.pictures.items()})


def open_eye(request: Request, registry: Registry, real: RealImages, stages: Stages) -> Eye:
    """The feature extractor that is asked for, ready to look. Raises UnknownName, or what it raises."""
    name, given = request.features or ("inception" if real.load("train").labels is None else "classifier", {})
    record = registry.features.get(name)
    options = options_of(record.options, given, f"features.{name}")
    extractor = record.build(
        FeatureContext(
            options=options,
            dataset=request.dataset,
            image_shape=real.shape,
            load=real.load,
            cache=cache_folder("extractors", name),
            files=DataFiles(dataset=name, data_dir=request.data_dir),
            device=request.device,
            say=stages.say,
        )
    )
    who = registry.features.describe(name)
    if not isinstance(extractor, Extractor):
        raise BrokenPlugin(f"{who} built {type(extractor).__name__}; expected a ganzoo.evaluation.Extractor.")
    # A path is of this machine alone; what lies there is in the extractor's identity.
    told = {key: value.name if isinstance(value, Path) else value for key, value in options.model_dump().items()}
    return Eye(name, who, told, extractor)


class _NoExtractor(Extractor):
    identity, resizer, dim = "none", "none", 0

    def __call__(self, images: Pixels) -> Features:
        raise BrokenPlugin(
            "A metric looks at features, which its record does not say that it needs: needs={'features'}."
        )


def _check(request: Request, source: Source) -> None:
    if request.samples < 2:
        raise ConfigError(f"{request.samples} samples are no sample; expected at least 2, usually 10000.")
    if request.first_seed + request.repeats * request.samples > MAX_SEED:
        raise ConfigError(f"Seeds end at {MAX_SEED}; expected a smaller '--seed'.")
    if source.generator is not None:
        source.generator.check_truncation(request.truncation)
    elif request.truncation is not None:
        raise ConfigError(
            f"{source.scored.name} is a set of images, which cannot be truncated: leave '--truncation' out."
        )


def _drawn(
    source: Source,
    seeds: range,
    frequencies: tuple[int, ...] | None,
    truncation: float | None,
    needs: frozenset[Need],
    eye: Eye | None,
    stages: Stages,
) -> Sample:
    """The images of these seeds, as metrics see them."""
    labels = source.labels(seeds)
    if labels is None and source.class_names:
        count = len(source.class_names)
        labels = classes_as_frequent(seeds, frequencies) if frequencies else classes_from_seeds(seeds, count)
    stage = stages.stage(f"Drawing {source.scored.name}", len(seeds))
    blocks = source.blocks(seeds, labels, truncation, BLOCK)
    return look(blocks, len(seeds), needs, eye, labels=labels, advance=stage.advance)


def _measured(metric: Metric, comparison: Comparison[Any], registry: Registry) -> Measured:
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


def _protocol(
    metric: Metric,
    options: Options,
    request: Request,
    source: Source,
    real: RealImages,
    rule: ClassRule,
    eye: Eye | None,
) -> Protocol:
    seen: dict[str, Any] = {}
    if eye and metric.needs & LOOKS:
        seen = {
            "features": eye.name,
            "features_options": eye.options,
            "features_sha256": eye.extractor.identity,
            "features_resizer": eye.extractor.resizer,
        }
    facts = real.facts(request.split)
    return Protocol(
        metric=metric.name,
        options=options.model_dump(mode="json"),
        dataset=public_name(request.dataset),
        data_sha256=facts.sha256,
        split=request.split,
        real_images=facts.images,
        image=(source.shape.height, source.shape.width, source.shape.channels),
        samples=request.samples,
        classes=rule,
        truncation=request.truncation,
        **seen,
    )


def _scores(metric: Metric, protocol: Protocol, repeats: Sequence[Measured], request: Request) -> list[Score]:
    """A score for each number of a metric, over the repeats."""
    last = request.first_seed + request.repeats * request.samples - 1
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
                seeds=(request.first_seed, last),
                protocol=protocol,
            )
        )
    return scores


def _over_repeats(values: Sequence[float | Estimate]) -> tuple[float, float | None, str | None]:
    """Value, error and what the error is over: of one repeat the metric's own, of several Student's 95 % interval."""
    if len(values) == 1:
        (value,) = values
        return tuple(value) if isinstance(value, Estimate) else (float(value), None, None)  # type: ignore[return-value]
    mean, half = mean_and_interval([value.value if isinstance(value, Estimate) else value for value in values])
    return mean, half, f"95 % interval over {len(values)} sets of seeds"
