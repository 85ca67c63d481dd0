"""The real images that are compared with."""

from __future__ import annotations

from pathlib import Path

from ganzoo.data.load import load_dataset
from ganzoo.registry import Registry
from ganzoo.runs.folder import DataFacts
from ganzoo.specs import ImageData, ImageShape, Split


class RealImages:
    """Both splits of a data set at one size, loaded when they are asked for.

    Raises DataError for a split that there is not, ConfigError for a shape that the data cannot have (packed ones, say).
    """

    def __init__(self, dataset: str, registry: Registry, shape: ImageShape, *, data_dir: Path | None) -> None:
        self.dataset, self.shape = dataset, shape
        self._registry, self._data_dir = registry, data_dir
        self._data: dict[Split, ImageData] = {}
        self._facts: dict[Split, DataFacts] = {}

    def load(self, split: Split) -> ImageData:
        """The images of a split, and labels if there are any."""
        if split not in self._data:
            self._data[split] = load_dataset(
                self.dataset,
                self._registry,
                resolution=self.shape.size,
                channels=self.shape.channels,
                data_dir=self._data_dir,
                split=split,
            )
        return self._data[split]

    def facts(self, split: Split) -> DataFacts:
        """What the images of a split are, with the hash of their content."""
        if split not in self._facts:
            self._facts[split] = DataFacts.of(self.load(split))
        return self._facts[split]
