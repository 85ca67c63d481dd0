"""An evaluation, from images to numbers: what is scored, what it is compared with, and what the metrics say."""

from __future__ import annotations

import time
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from typing import Any

from ganzoo.data.identity import public_name
from ganzoo.errors import GanzooError
from ganzoo.evaluation.choice import asked_for, labels_rule, possible, within_sight
from ganzoo.evaluation.eye import LOOKS, Eye, open_eye
from ganzoo.evaluation.look import BLOCK, look
from ganzoo.evaluation.measure import measure, scores_of
from ganzoo.evaluation.protocol import OTHER, SQUARE, ClassRule, Protocol, RealSet
from ganzoo.evaluation.real import RealImages
from ganzoo.evaluation.reference import Reference
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.samples import Comparison, Labels, Measured, Pixels, Sample
from ganzoo.evaluation.scores import Evaluation, Score
from ganzoo.evaluation.sources import Source
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.specs import ImageShape, Metric, Need, Options, Split
from ganzoo_serve.seeds import classes_as_frequent, classes_from_seeds

SHOWN: frozenset[Need] = frozenset({"moments", "features", "probabilities", "images", "labels"})  # parts of a sample


@dataclass(frozen=True)
class Found:
    """An evaluation, the pictures that came with it, uint8 (h, w, c) by name, and what kept metrics from being taken."""

    evaluation: Evaluation
    pictures: dict[str, Pixels]
    errors: tuple[Exception, ...] = ()


def evaluate(source: Source, request: Request, registry: Registry, stages: Stages) -> Found:
    """Score ``source`` against a data set. Raises GanzooError for everything that a user can put right."""
    return Evaluator(request, registry, source.shape, stages).score(source)


class Evaluator:
    """One request, for any number of sources of one shape: real images are loaded and seen once."""

    def __init__(self, request: Request, registry: Registry, shape: ImageShape, stages: Stages) -> None:
        self._request, self._registry, self._stages = request, registry, stages
        self._asked = asked_for(request.metrics, request.dataset, registry)
        self._needs: frozenset[Need] = frozenset().union(*(metric.needs for metric, _ in self._asked))
        self._real = RealImages(request.dataset, registry, shape, data_dir=request.data_dir)

    def score(self, source: Source, *, samples: int | None = None) -> Found:
        """Score one of them; ``samples``, if given, in place of the request's.

        One metric that fails takes nothing from the others. Raises what it raised if it was the only one.
        """
        begin = time.monotonic()
        request = replace(self._request, samples=samples or self._request.samples)
        request.check(source)
        data = self._real.load(request.split)
        rule, frequencies = labels_rule(source, data)
        labelled = rule in ("as in the data", "their own")
        metrics = possible(self._asked, source, data, labelled=labelled, by_name=bool(request.metrics))
        metrics, notes = within_sight(metrics, self._eye, by_name=bool(request.metrics))

        found: dict[str, list[Measured]] = {metric.name: [] for metric, _ in metrics}
        looked_at: dict[str, set[Split]] = {metric.name: set() for metric, _ in metrics}
        errors: list[Exception] = []
        for repeat in range(request.repeats):
            first = request.first_seed + repeat * request.samples
            seeds = range(first, first + request.samples)
            classes = _classes(source, seeds, frequencies)
            generated = self._drawn(source, seeds, classes)
            for metric, options in list(metrics):
                stage = self._stages.stage(f"Measuring {metric.name}", 1)
                comparison = Comparison(
                    options=options,
                    generated=generated.only(metric.needs),
                    split=request.split,
                    real=self._shown(metric.needs, looked_at[metric.name]),
                    class_names=data.class_names,
                    seeds=seeds,
                    classes=classes,
                    truncation=request.truncation,
                    say=self._stages.say,
                    seen_by=self._eye.extractor if self._eye and metric.needs & LOOKS else None,
                    drawn_by=source.generator if "generator" in metric.needs else None,
                )
                try:
                    found[metric.name].append(measure(metric, comparison, self._registry))
                except Exception as error:
                    if isinstance(error, GanzooError) and not request.metrics:  # nobody asked for it by name
                        notes.append(f"{metric.name} left out: {str(error).splitlines()[0]}")
                    else:
                        errors.append(error)
                    metrics.remove((metric, options))
                    del found[metric.name]
                stage.advance()
        if not found:
            raise errors[0] if errors else GanzooError("\n".join(notes))

        scores: list[Score] = []
        last = request.first_seed + request.repeats * request.samples - 1
        for metric, options in metrics:
            protocol = self._protocol(metric, options, request, source, rule, looked_at[metric.name])
            scores += scores_of(metric, protocol, found[metric.name], (request.first_seed, last))
        once = [repeats[0] for repeats in found.values()]
        evaluation = Evaluation(
            scored=source.scored,
            scores=tuple(scores),
            notes=tuple(dict.fromkeys([*notes, *(note for measured in once for note in measured.notes)])),
            details={name: dict(repeats[0].details) for name, repeats in found.items() if repeats[0].details},
            seconds=round(time.monotonic() - begin, 3),
            versions={name: version(name) for name in ("ganzoo", "numpy", "torch")},
        )
        pictures = {name: picture for measured in once for name, picture in measured.pictures.items()}
        return Found(evaluation, pictures, tuple(errors))

    @cached_property
    def _eye(self) -> Eye | None:
        if not self._needs & LOOKS:
            return None
        return open_eye(self._request, self._registry, self._real, self._stages)

    @cached_property
    def _reference(self) -> Reference:
        return Reference(self._real, self._eye, self._needs, self._stages)

    def _shown(self, needs: Set[Need], looked_at: set[Split]) -> Callable[[Split], Sample]:
        """The real images for one metric, which notes what it looks at."""

        def real(split: Split) -> Sample:
            sample = self._reference.sample(split).only(needs)
            looked_at.add(split)
            return sample

        return real

    def _drawn(self, source: Source, seeds: range, classes: Labels | None) -> Sample:
        """The images of these seeds, as metrics see them."""
        if not self._needs & SHOWN:
            return Sample(len(seeds))
        stage = self._stages.stage(f"Drawing {source.scored.name}", len(seeds))
        blocks = source.blocks(seeds, classes, self._request.truncation, BLOCK)
        return look(blocks, len(seeds), self._needs, self._eye, labels=classes, advance=stage.advance)

    def _protocol(
        self,
        metric: Metric,
        options: Options,
        request: Request,
        source: Source,
        rule: ClassRule,
        looked_at: set[Split],
    ) -> Protocol:
        eye, shape = self._eye, source.shape
        seen: dict[str, Any] = {}
        if eye and metric.needs & LOOKS:
            seen = {
                "features": eye.name,
                "features_options": eye.options,
                "features_sha256": eye.extractor.identity,
                "features_resizer": eye.extractor.resizer,
            }
        facts = {split: self._real.facts(split) for split in sorted(looked_at)}
        return Protocol(
            metric=metric.name,
            options=options.model_dump(mode="json"),
            dataset=public_name(request.dataset),
            split=request.split,
            real={split: RealSet(images=found.images, sha256=found.sha256) for split, found in facts.items()},
            image=(shape.height, shape.width, shape.channels),
            resizer=SQUARE if shape.height == shape.width else OTHER,
            samples=request.samples,
            classes=rule,
            truncation=request.truncation,
            **seen,
        )


def _classes(source: Source, seeds: range, frequencies: tuple[int, ...] | None) -> Labels | None:
    """The class of each image: its own, or as frequent as in the data, or evenly drawn; None without classes."""
    own = source.labels(seeds)
    if own is not None or not source.class_names:
        return own
    return (
        classes_as_frequent(seeds, frequencies) if frequencies else classes_from_seeds(seeds, len(source.class_names))
    )
