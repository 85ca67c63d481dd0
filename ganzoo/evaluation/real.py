"""The real images that are compared with: loaded, seen through the extractor once, and kept."""

from __future__ import annotations

from pathlib import Path

from ganzoo.data.load import load_dataset
from ganzoo.errors import ConfigError
from ganzoo.evaluation.cache import Arrays, FeatureCache
from ganzoo.evaluation.look import BLOCK, Eye, look
from ganzoo.evaluation.samples import Moments, Sample
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import DataFacts
from ganzoo.specs import ImageData, ImageShape, Need, Split


class RealImages:
    """Both splits of a data set at one size, loaded when they are asked for, and seen through one ``eye``.

    Raises DataError for a split that there is not, ConfigError for a shape that the data cannot have.
    """

    def __init__(
        self, dataset: str, registry: Registry, shape: ImageShape, *, data_dir: Path | None, stages: Stages
    ) -> None:
        if shape.height != shape.width:
            raise ConfigError(
                f"The images are {shape.height}x{shape.width}; data sets are brought to squares, so there is nothing to "
                "compare them with."
            )
        self.dataset, self.shape = dataset, shape
        self.eye: Eye | None = None
        self._registry, self._data_dir, self._stages = registry, data_dir, stages
        self._data: dict[Split, ImageData] = {}
        self._facts: dict[Split, DataFacts] = {}
        self._samples: dict[Split, Sample] = {}

    def load(self, split: Split) -> ImageData:
        """The images of a split, and labels if there are any."""
        if split not in self._data:
            self._data[split] = load_dataset(
                self.dataset,
                self._registry,
                resolution=self.shape.height,
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

    def sample(self, split: Split, needs: frozenset[Need]) -> Sample:
        """A split as metrics see it; features come from the cache where they are there."""
        if split not in self._samples:
            data = self.load(split)
            moments, held = self._seen(split, self.eye, needs) if self.eye else (None, {})
            self._samples[split] = Sample(
                len(data.images),
                moments=moments,
                features=held.get("features"),
                probabilities=held.get("probabilities"),
                images=data.images,
                labels=data.labels,
            )
        return self._samples[split]

    def _seen(self, split: Split, eye: Eye, needs: frozenset[Need]) -> tuple[Moments | None, Arrays]:
        shape, data = self.shape, self.load(split)
        cache = FeatureCache(
            f"{self.dataset} ({split}, {shape.height}x{shape.width}x{shape.channels}) under {eye.name} "
            f"{eye.extractor.identity[:12]}",
            self.facts(split).sha256,
            self._stages.say,
        )
        cache.forget_others()
        arrays_needed = bool({"features", "probabilities"} & needs)
        moments = cache.read("moments") if "moments" in needs else {}
        held = cache.read("features") if arrays_needed else {}
        if moments is None or held is None:
            # Where only moments are needed nothing else is kept, and memory stays as it is for any number of images.
            kept: set[Need] = {"moments"}
            if arrays_needed:
                kept |= {"features", "probabilities"}
            stage = self._stages.stage(f"Looking at {self.dataset} ({split})", len(data.images))
            blocks = (data.images[start : start + BLOCK] for start in range(0, len(data.images), BLOCK))
            seen = look(blocks, len(data.images), kept, eye, advance=stage.advance)
            cache.write("moments", moments := seen.moments.to_arrays())
            if arrays_needed:
                held = {"features": seen.features}
                if eye.extractor.num_classes:
                    held["probabilities"] = seen.probabilities
                cache.write("features", held)
        return Moments.from_arrays(moments) if moments else None, held or {}
