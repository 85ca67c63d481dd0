"""The real images as metrics see them: through the extractor once, and then out of the cache."""

from __future__ import annotations

import json

from ganzoo.evaluation.cache import Arrays, FeatureCache
from ganzoo.evaluation.eye import Eye
from ganzoo.evaluation.look import BLOCK, look
from ganzoo.evaluation.real import RealImages
from ganzoo.evaluation.samples import Moments, Sample
from ganzoo.progress import Stages
from ganzoo.specs import Need, Split


class Reference:
    """Real images seen through one ``eye``, if there is one, as far as ``needs`` go."""

    def __init__(self, real: RealImages, eye: Eye | None, needs: frozenset[Need], stages: Stages) -> None:
        self._real, self._eye, self._needs, self._stages = real, eye, needs, stages
        self._samples: dict[Split, Sample] = {}

    def sample(self, split: Split) -> Sample:
        """A split; its features come from the cache where they are there. Raises DataError if there is no such split."""
        if split not in self._samples:
            data = self._real.load(split)
            moments, held = self._seen(split, self._eye) if self._eye else (None, {})
            self._samples[split] = Sample(
                len(data.images),
                moments=moments,
                features=held.get("features"),
                probabilities=held.get("probabilities"),
                images=data.images,
                labels=data.labels,
            )
        return self._samples[split]

    def _seen(self, split: Split, eye: Eye) -> tuple[Moments | None, Arrays]:
        needs, shape, data = self._needs, self._real.shape, self._real.load(split)
        cache = FeatureCache(
            label=f"{self._real.dataset} ({split}, {shape.height}x{shape.width}x{shape.channels}) under {eye.name}",
            extractor=json.dumps([eye.extractor.identity, eye.extractor.dim, eye.options], default=str),
            content=self._real.facts(split).sha256,
            say=self._stages.say,
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
            stage = self._stages.stage(f"Looking at {self._real.dataset} ({split})", len(data.images))
            blocks = (data.images[start : start + BLOCK] for start in range(0, len(data.images), BLOCK))
            seen = look(blocks, len(data.images), kept, eye, advance=stage.advance)
            cache.write("moments", moments := seen.moments.to_arrays())
            if arrays_needed:
                held = {"features": seen.features}
                if eye.extractor.num_classes:
                    held["probabilities"] = seen.probabilities
                cache.write("features", held)
        return Moments.from_arrays(moments) if moments else None, held or {}
