"""From image files to pixels: a quick look at the headers for what was not asked, then every image by itself.

A file that cannot be read is left out and named on stderr; more than 1 % of them is a DataError.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from ganzoo import DataError, ImageData, ImageSource, Size
from ganzoo.data import Broken, fit
from ganzoo_datasets.progress import patiently
from ganzoo_datasets.sources import Files

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")  # no others: some of Pillow's start programs
SMALLEST, LARGEST = 16, 256


@dataclass(frozen=True)
class Survey:
    """Size and channels that images are to be brought to, and the median of their own where that makes them squares."""

    size: Size
    channels: int
    cut_from: Size | None = None


def survey(files: Files, names: list[str], *, resolution: Size | None, channels: int | None) -> Survey:
    """Size and channels: what is asked, else what suits the images, from their headers.

    If no resolution is given: squares of the median of the shorter sides, rounded down to a power of two, within 16 ... 256.
    If no number of channels is given: 1 if every image is stored as grey (also with transparency), else 3.
    """
    if resolution is not None and channels is not None:
        return Survey(resolution, channels)
    sizes, colour = [], False
    broken = Broken(str(files.where), names)
    for i, name in enumerate(patiently(names, len(names), "Looking at images")):
        try:
            with _quiet(), files.open(name) as file, Image.open(file, formats=FORMATS) as image:
                sizes.append(_upright(image))
                colour = colour or not _is_grey(image)
        except Exception as error:  # a damaged file makes Pillow raise nearly anything
            broken.add(i, _told(error))
    broken.judge()
    channels = channels or (3 if colour else 1)
    if resolution is not None:
        return Survey(resolution, channels)
    height, width = np.median(sizes, axis=0)
    return Survey(
        Size.of(_power_of_two(float(np.median(np.min(sizes, axis=1))))), channels, Size(int(height), int(width))
    )


def decode(stored: bytes, *, size: Size, channels: int) -> np.ndarray:
    """An image file -> uint8 (height, width, channels). Raises nearly anything for a damaged one."""
    try:
        with _quiet(), Image.open(io.BytesIO(stored), formats=FORMATS) as image:
            return fit(image, size, channels)
    except UnidentifiedImageError as error:
        raise _told(error) from None


def read_all(source: ImageSource) -> ImageData:
    """The images that can be read, in memory."""
    channels, height, width = source.shape
    shape = (len(source.names), height, width, channels)
    try:
        images = np.empty(shape, np.uint8)
    except MemoryError as error:
        gigabytes = np.prod(shape, dtype=float) / 1e9
        raise DataError(
            f"{len(source.names)} images at {height}x{width} need {gigabytes:.0f} GB of memory.\n"
            "Ask for a smaller '--resolution'."
        ) from error
    broken = Broken(source.where, source.names)
    kept: list[int] = []
    # One by one: Pillow holds the GIL while it decodes, so threads were measured to gain nothing.
    for i, _ in enumerate(patiently(source.names, len(source.names), "Reading images")):
        try:
            images[len(kept)] = source.decode(source.read(i))
            kept.append(i)
        except Exception as error:  # a damaged file makes Pillow raise nearly anything
            broken.add(i, error)
    broken.judge()
    broken.report()
    labels = None if source.labels is None else source.labels[kept]
    return ImageData(
        images=images[: len(kept)], labels=labels, class_names=source.class_names, cut_from=source.cut_from
    )


def _upright(image: Image.Image) -> Size:
    """Height and width as its EXIF says that it is to be seen, where that stands in the header."""
    lies = "exif" in image.info and image.getexif().get(ExifTags.Base.Orientation, 1) >= 5
    return Size(image.width, image.height) if lies else Size(image.height, image.width)


def _is_grey(image: Image.Image) -> bool:
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")


def _power_of_two(side: float) -> int:
    return 1 << int(min(max(side, SMALLEST), LARGEST)).bit_length() - 1


def _told(error: Exception) -> Exception:
    """Pillow names the file object where it finds no image, which tells a user nothing."""
    return ValueError("no image that Pillow can read") if isinstance(error, UnidentifiedImageError) else error


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow's remarks about odd but readable files tell a user nothing; what cannot be read is reported here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
