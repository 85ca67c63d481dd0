"""What is asked of an evaluation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganzoo.errors import ConfigError
from ganzoo.evaluation.sources import Source
from ganzoo.specs import Split
from ganzoo_serve.seeds import MAX_SEED


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is to be measured, and how.

    ``metrics`` by name with their options; empty: the data set's own, or those that are measured by default, as far as the data
    allow. ``features``: the extractor and its options; None: the data set's own, ``classifier`` for labelled data, else
    ``inception``. ``samples``
    images a repeat; repeat r takes seeds from ``first_seed + r * samples`` on.
    """

    dataset: str
    split: Split = "train"
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    features: tuple[str, Mapping[str, Any]] | None = None
    samples: int = 10_000
    repeats: int = 1
    first_seed: int = 0
    truncation: float | None = None
    data_dir: Path | None = None
    device: str = "auto"

    def check(self, source: Source) -> None:
        """Raise ConfigError for numbers that cannot be, RequestError for a truncation that the model cannot do."""
        if self.samples < 2:
            raise ConfigError(f"{self.samples} samples are no sample; expected at least 2, usually 10000.")
        if self.first_seed + self.repeats * self.samples - 1 > MAX_SEED:
            raise ConfigError(f"Seeds end at {MAX_SEED}; expected a smaller '--seed'.")
        if source.generator is not None:
            source.generator.check_truncation(self.truncation)
        elif self.truncation is not None:
            raise ConfigError(
                f"{source.scored.name} is a set of images, which cannot be truncated: leave '--truncation' out."
            )
