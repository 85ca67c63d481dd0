"""What can be scored: an exported model, or images that somebody made already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Protocol

import numpy as np

from ganzoo.errors import ConfigError
from ganzoo.evaluation.samples import Labels, Pixels
from ganzoo.evaluation.scores import Scored
from ganzoo.specs import ImageData, ImageShape
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import graph_sha256


class Source(Protocol):
    """Images to score. ``class_names`` is empty where they have no classes, ``generator`` None where no more can be drawn."""

    @property
    def scored(self) -> Scored: ...
    @property
    def shape(self) -> ImageShape: ...
    @property
    def class_names(self) -> tuple[str, ...]: ...
    @property
    def generator(self) -> Generator | None: ...

    def labels(self, seeds: range) -> Labels | None:
        """The classes that come with the images, or None where they are to be chosen (or there are none)."""

    def blocks(self, seeds: range, labels: Labels | None, truncation: float | None, size: int) -> Iterator[Pixels]:
        """The images uint8 (n, H, W, C) of these seeds, at most ``size`` at a time."""


@dataclass(frozen=True)
class Model:
    """An exported model: image ``seed`` is drawn as the server draws it."""

    generator: Generator

    @property
    def scored(self) -> Scored:
        g, training = self.generator, self.generator.metadata.training
        return Scored(
            name=g.name,
            sha256=g.sha256,
            graph_sha256=graph_sha256(Path(g.path).read_bytes()),
            kimg=training.kimg if training else None,
            weights="ema",
            engine=g.runtime,
        )

    @property
    def shape(self) -> ImageShape:
        image = self.generator.metadata.image
        return ImageShape(image.channels, image.height, image.width)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.generator.metadata.classes or ()

    def labels(self, seeds: range) -> Labels | None:
        return None

    def blocks(self, seeds: range, labels: Labels | None, truncation: float | None, size: int) -> Iterator[Pixels]:
        drawn = self.generator.iter_samples(seeds, classes=labels, truncation=truncation)
        while block := list(islice(drawn, size)):
            yield np.stack(block)


@dataclass(frozen=True)
class Images:
    """Images of a data set, in a fixed mixed order: "seed" is the place in it."""

    name: str
    data: ImageData

    generator = None

    @property
    def scored(self) -> Scored:
        return Scored(name=self.name)

    @property
    def shape(self) -> ImageShape:
        _, height, width, channels = self.data.images.shape
        return ImageShape(channels, height, width)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.data.class_names if self.data.labels is not None else ()

    def labels(self, seeds: range) -> Labels | None:
        return None if self.data.labels is None else self.data.labels[self._places(seeds)]

    def blocks(self, seeds: range, labels: Labels | None, truncation: float | None, size: int) -> Iterator[Pixels]:
        places = self._places(seeds)
        for start in range(0, len(places), size):
            yield self.data.images[places[start : start + size]]

    def _places(self, seeds: range) -> Labels:
        if seeds.stop > len(self.data.images):
            raise ConfigError(
                f"{self.name} holds {len(self.data.images):,} images, {seeds.stop:,} were asked for.\n"
                f"Expected '--samples {len(self.data.images)}' at most, and one repeat."
            )
        order = np.random.default_rng(0).permutation(len(self.data.images))
        return order[seeds.start : seeds.stop]
