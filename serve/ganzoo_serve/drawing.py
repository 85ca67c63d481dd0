"""What was asked for, checked and complete: all that decides the pixels, in one record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ganzoo_serve.generator import Classes, Generator


@dataclass(frozen=True)
class Drawing:
    """Images to draw: one per seed. ``classes`` are ids, None if the model has none; ``truncation`` likewise."""

    seeds: tuple[int, ...]
    classes: tuple[int, ...] | None
    truncation: float | None

    @classmethod
    def ask(
        cls, generator: Generator, seeds: Sequence[int], *, classes: Classes = None, truncation: float | None = None
    ) -> "Drawing":
        """Fill in what was left open: classes from the seeds, truncation 1. Raises RequestError.

        Two ways of asking for the same pixels give equal records.
        """
        labels = generator.labels(seeds, classes)
        generator.check_truncation(truncation)
        if generator.metadata.truncation is not None:
            truncation = float(np.float32(1.0 if truncation is None else truncation))
        return cls(tuple(seeds), None if labels is None else tuple(labels.tolist()), truncation)

    def pieces(self, size: int) -> Iterator["Drawing"]:
        """The same in pieces of at most ``size`` images."""
        for start in range(0, len(self.seeds), size):
            part = slice(start, start + size)
            yield Drawing(self.seeds[part], None if self.classes is None else self.classes[part], self.truncation)
