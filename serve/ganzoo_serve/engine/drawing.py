"""What was asked for, checked and complete: all that decides the pixels, in one record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ganzoo_serve.generator import Classes, Generator

Latents = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Drawing:
    """Images to draw, one per seed or, where there are no seeds, one per row of ``z``, float32 (n, z_dim).

    ``labels`` are class ids, int64 (n,), None if the model has none; ``truncation`` is None if it has none.
    """

    generator: Generator
    seeds: tuple[int, ...] | None
    z: Latents | None
    labels: Labels | None
    truncation: float | None

    @classmethod
    def of_seeds(
        cls, generator: Generator, seeds: Sequence[int], *, classes: Classes = None, truncation: float | None = None
    ) -> Drawing:
        """Fill in what was left open: classes from the seeds, truncation 1. Raises RequestError.

        Two ways of asking for the same pixels give equal ``seeds``, ``labels`` and ``truncation``.
        """
        labels = generator.labels(seeds, classes)
        return cls(generator, tuple(seeds), None, labels, _truncation(generator, truncation))

    @classmethod
    def of_latents(
        cls,
        generator: Generator,
        z: npt.NDArray[Any],
        *,
        labels: npt.NDArray[Any] | None = None,
        truncation: float | None = None,
    ) -> Drawing:
        """Images of latents (n, z_dim) themselves. Raises RequestError on a wrong shape, value or omission."""
        z, labels = generator.check_inputs(z, labels)
        return cls(generator, None, z, labels, _truncation(generator, truncation))

    def __len__(self) -> int:
        return len(self.z) if self.seeds is None and self.z is not None else len(self.seeds or ())

    def class_of(self, index: int) -> int | None:
        """The class id of one image."""
        return None if self.labels is None else int(self.labels[index])


def _truncation(generator: Generator, truncation: float | None) -> float | None:
    generator.check_truncation(truncation)
    if generator.metadata.truncation is None:
        return None
    return float(np.float32(1.0 if truncation is None else truncation))
