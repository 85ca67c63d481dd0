"""One pass over images: through the extractor, and into what the metrics need of them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

import numpy as np

from ganzoo.evaluation.eye import Eye
from ganzoo.evaluation.samples import Labels, Moments, Pixels, Sample
from ganzoo.specs import Need

BLOCK = 256  # images at a time


def look(
    blocks: Iterable[Pixels],
    count: int,
    needs: Collection[Need],
    eye: Eye | None,
    *,
    labels: Labels | None = None,
    advance: Callable[[int], None] = lambda n: None,
) -> Sample:
    """The sample that these ``count`` images are, as far as ``needs`` go; ``eye`` is there if they go to features."""
    moments = Moments(eye.extractor.dim) if eye and "moments" in needs else None
    features = np.empty((count, eye.extractor.dim), np.float32) if eye and "features" in needs else None
    classes = eye.extractor.num_classes if eye and "probabilities" in needs else 0
    probabilities = np.empty((count, classes), np.float32) if classes else None
    images: Pixels | None = None
    done = 0
    for block in blocks:
        here = slice(done, done + len(block))
        if "images" in needs:
            images = np.empty((count, *block.shape[1:]), np.uint8) if images is None else images
            images[here] = block
        if eye and (moments is not None or features is not None or probabilities is not None):
            seen = eye.features(block)
            if moments is not None:
                moments.add(seen.features)
            if features is not None:
                features[here] = seen.features
            if probabilities is not None:
                probabilities[here] = seen.probabilities
        done += len(block)
        advance(len(block))
    return Sample(count, moments=moments, features=features, probabilities=probabilities, images=images, labels=labels)
