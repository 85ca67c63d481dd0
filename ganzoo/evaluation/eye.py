"""The feature extractor of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ganzoo.config import options_of
from ganzoo.data.files import DataFiles, cache_folder
from ganzoo.errors import BrokenPlugin, GanzooError
from ganzoo.evaluation.real import RealImages
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.samples import Extractor, Features, Pixels
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.specs import FeatureContext, FeatureExtractor, Need, Options

LOOKS: frozenset[Need] = frozenset({"moments", "features", "probabilities", "extractor"})  # what takes an extractor


@dataclass(frozen=True)
class Eye:
    """A feature extractor by name and options; ``who`` begins a sentence about it."""

    name: str
    who: str
    options: dict[str, Any]
    extractor: Extractor

    def features(self, images: Pixels) -> Features:
        """What the extractor says of images. Raises BrokenPlugin unless it is what it promised."""
        try:
            seen: object = self.extractor(images)
        except Exception as error:
            error.add_note(f"{self.who} was looking at images {images.shape}.")
            raise
        if not isinstance(seen, Features):
            raise BrokenPlugin(f"{self.who} gave {type(seen).__name__}; expected a ganzoo.evaluation.Features.")
        wanted = (len(images), self.extractor.dim)
        if seen.features.shape != wanted:
            raise BrokenPlugin(f"{self.who} gave features of shape {seen.features.shape}; expected {wanted}.")
        if self.extractor.num_classes:
            shape = None if seen.probabilities is None else seen.probabilities.shape
            if shape != (len(images), self.extractor.num_classes):
                raise BrokenPlugin(
                    f"{self.who} gave probabilities of shape {shape}; "
                    f"expected {(len(images), self.extractor.num_classes)}."
                )
        if not np.isfinite(seen.features).all():
            raise GanzooError(f"{self.who} gave NaN or infinity for some image; nothing can be measured with it.")
        return seen


def features_asked_for(asked: tuple[str, Mapping[str, Any]], registry: Registry) -> tuple[FeatureExtractor, Options]:
    """An extractor's record and its options. Raises UnknownName, ConfigError."""
    record = registry.features.get(asked[0])
    hint = "See its options with 'ganzoo list features'."
    return record, options_of(record.options, asked[1], f"features.{record.name}", hint=hint)


def open_eye(request: Request, registry: Registry, real: RealImages, stages: Stages) -> Eye:
    """The feature extractor that is asked for, ready to look. Raises UnknownName, or what it raises."""
    own = registry.dataset_of(request.dataset).features
    asked = request.features or (own or ("inception" if real.load("train").labels is None else "classifier"), {})
    record, options = features_asked_for(asked, registry)
    name = record.name
    context = FeatureContext(
        options=options,
        dataset=request.dataset,
        image_shape=real.shape,
        load=real.load,
        cache=cache_folder("extractors", name),
        files=DataFiles(dataset=name, data_dir=request.data_dir),
        device=request.device,
        say=stages.say,
    )
    try:
        extractor = record.build(context)
    except Exception as error:
        if not isinstance(error, GanzooError):
            error.add_note(f"{registry.features.describe(name)} was being built.")
            raise
        blind = [metric.name for metric in registry.metrics if not metric.needs & LOOKS]
        error.add_note(f"Of the metrics, {', '.join(blind)} look at no features.")
        raise
    who = registry.features.describe(name)
    if not isinstance(extractor, Extractor):
        raise BrokenPlugin(f"{who} built {type(extractor).__name__}; expected a ganzoo.evaluation.Extractor.")
    for attribute, kind in (("identity", str), ("resizer", str), ("dim", int)):
        if not isinstance(getattr(extractor, attribute, None), kind):
            raise BrokenPlugin(
                f"{who} built an extractor without {attribute!r}; expected one, of type {kind.__name__}."
            )
    # A path is of this machine alone; what lies there is in the extractor's identity.
    told = {key: value.name if isinstance(value, Path) else value for key, value in options.model_dump().items()}
    return Eye(name, who, told, extractor)
