"""What scores mean on a data set: those of its own test images, and of images that are spoilt in known ways."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import PIL.Image
import PIL.ImageFilter

from ganzoo.data.load import load_dataset
from ganzoo.errors import ConfigError
from ganzoo.evaluation.evaluate import Evaluator, Found
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.samples import Pixels
from ganzoo.evaluation.sources import Images
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.resolution import Size
from ganzoo.specs import ImageData, ImageShape
from ganzoo_serve.images import grid

SHOWN = 16  # images of a rung in its picture


@dataclass(frozen=True)
class Rung:
    """Images spoilt in one way: ``spoil`` takes the test images and random numbers."""

    name: str
    spoil: Callable[[ImageData, np.random.Generator], ImageData]


def ladder(
    request: Request, registry: Registry, stages: Stages, *, resolution: Size | None = None
) -> Iterator[tuple[Rung, Found, Pixels]]:
    """Score each rung, built from the test split, against the training split; a row of its images comes with it.

    ``request`` says which data, metrics and features; its samples are at most the test images.
    Raises DataError if the data set has no test split.
    """
    data = load_dataset(request.dataset, registry, resolution=resolution, data_dir=request.data_dir, split="test")
    _, height, width, channels = data.images.shape
    evaluator = Evaluator(request, registry, ImageShape(channels, height, width), stages)
    most = min(request.samples, len(data.images))
    for index, rung in enumerate(rungs(data)):
        spoilt = rung.spoil(data, np.random.default_rng(index))
        count = min(most, len(spoilt.images))
        name = rung.name if count == most else f"{rung.name} ({count:,} images)"
        found = evaluator.score(Images(name, spoilt), samples=count)
        for error in found.errors:
            stages.say(f"{name}: {str(error).splitlines()[0]}")
        yield rung, found, grid(spoilt.images[:SHOWN], SHOWN)


def rungs(data: ImageData) -> list[Rung]:
    """From as good as real to as bad as can be; those that need classes only where there are some."""
    found = [Rung("test images", lambda data, random: data)]
    found += [Rung(f"blurred by {radius:g} pixels", _blurred(radius)) for radius in (0.5, 1.0, 2.0)]
    found += [Rung(f"noise of {share:.0%}", _noisy(share)) for share in (0.05, 0.2, 0.5)]
    if data.labels is not None and len(data.class_names) > 1:
        half = len(data.class_names) // 2
        found += [
            Rung(f"{half} of {len(data.class_names)} classes", _classes(half)),
            Rung("one class", _classes(1)),
        ]
    return [*found, Rung("uniform noise", _uniform)]


def _blurred(radius: float) -> Callable[[ImageData, np.random.Generator], ImageData]:
    """Gaussian blur; ``radius`` is its standard deviation in pixels."""

    def spoil(data: ImageData, random: np.random.Generator) -> ImageData:
        images = np.empty_like(data.images)
        blur = PIL.ImageFilter.GaussianBlur(radius)
        for i, image in enumerate(data.images):
            squeezed = image[..., 0] if image.shape[2] == 1 else image
            images[i] = np.asarray(PIL.Image.fromarray(squeezed).filter(blur)).reshape(image.shape)
        return replace(data, images=images, sha256="")

    return spoil


def _noisy(share: float) -> Callable[[ImageData, np.random.Generator], ImageData]:
    """Gaussian noise whose standard deviation is that share of the range of pixels."""

    def spoil(data: ImageData, random: np.random.Generator) -> ImageData:
        noisy = data.images + random.normal(scale=255 * share, size=data.images.shape).astype(np.float32)
        return replace(data, images=noisy.round().clip(0, 255).astype(np.uint8), sha256="")

    return spoil


def _classes(count: int) -> Callable[[ImageData, np.random.Generator], ImageData]:
    """Only the first ``count`` classes. Fewer images, each once: copies would be one another's neighbours, and no recall."""

    def spoil(data: ImageData, random: np.random.Generator) -> ImageData:
        if data.labels is None:
            raise ConfigError("There are no classes to leave out.")
        kept = data.labels < count
        return replace(data, images=data.images[kept], labels=data.labels[kept], sha256="")

    return spoil


def _uniform(data: ImageData, random: np.random.Generator) -> ImageData:
    return replace(data, images=random.integers(0, 256, size=data.images.shape, dtype=np.uint8), sha256="")


def save_rows(pictures: dict[str, Pixels], path: Path) -> None:
    """Write one picture with a row for each rung."""
    from ganzoo_serve.images import png

    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(png(np.concatenate(list(pictures.values()))))
