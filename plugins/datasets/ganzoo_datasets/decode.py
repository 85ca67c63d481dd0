"""From image files to one array: a quick look at the headers for what was not asked, then every image.

A file that cannot be read is left out and named on stderr; more than 1 % of them is a DataError.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from PIL import Image, UnidentifiedImageError

from ganzoo import DataError
from ganzoo.data import fit_square
from ganzoo_datasets.progress import patiently
from ganzoo_datasets.sources import Files

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF", "PPM")  # no others: some of Pillow's start programs
SMALLEST, LARGEST = 16, 256
TOLERATED = 0.01
NAMED_AT_MOST = 10


def read_images(
    files: Files, names: list[str], *, resolution: int | None, channels: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """uint8 (N, resolution, resolution, channels) of the files that can be read, and their indices in ``names``.

    If no resolution is given: the median of the shorter sides, rounded down to a power of two, within 16 ... 256.
    If no number of channels is given: 1 if every image is stored as grey (also with transparency), else 3.
    """
    broken: dict[str, str] = {}
    with _quiet():
        if resolution is None or channels is None:
            sides, colour = _survey(files, names, broken)
            _judge(broken, len(names), files)
            resolution = resolution or _power_of_two(float(np.median(sides)))
            channels = channels or (3 if colour else 1)
        images, kept = _decode(files, names, resolution, channels, broken)
    _judge(broken, len(names), files)
    _report(broken, len(names), files)
    return images, kept


def _survey(files: Files, names: list[str], broken: dict[str, str]) -> tuple[list[int], bool]:
    """The shorter side of each image, and whether there is colour in any: headers only."""
    sides, colour = [], False
    for name in patiently(names, len(names), "Looking at images"):
        try:
            with files.open(name) as file, Image.open(file, formats=FORMATS) as image:
                sides.append(min(image.size))
                colour = colour or not _is_grey(image)
        except Exception as error:  # a damaged file makes Pillow raise nearly anything
            broken[name] = _reason(error)
    return sides, colour


def _decode(
    files: Files, names: list[str], resolution: int, channels: int, broken: dict[str, str]
) -> tuple[np.ndarray, np.ndarray]:
    shape = (len(names), resolution, resolution, channels)
    try:
        images = np.empty(shape, np.uint8)
    except MemoryError as error:
        gigabytes = np.prod(shape, dtype=float) / 1e9
        raise DataError(
            f"{len(names)} images at {resolution}x{resolution} need {gigabytes:.0f} GB of memory.\n"
            "Ask for a smaller '--resolution'."
        ) from error
    kept: list[int] = []
    # One by one: Pillow holds the GIL while it decodes, so threads were measured to gain nothing.
    for i, name in enumerate(patiently(names, len(names), "Reading images")):
        if name in broken:
            continue
        try:
            with files.open(name) as file, Image.open(file, formats=FORMATS) as image:
                images[len(kept)] = fit_square(image, resolution, channels)
            kept.append(i)
        except Exception as error:  # a damaged file makes Pillow raise nearly anything
            broken[name] = _reason(error)
    return images[: len(kept)], np.array(kept, np.int64)


def _is_grey(image: Image.Image) -> bool:
    if image.mode == "P":
        palette = np.array(image.getpalette("RGB") or [], np.uint8).reshape(-1, 3)
        return bool((palette == palette[:, :1]).all())
    return image.mode in ("1", "L", "LA", "La", "I", "F") or image.mode.startswith("I;16")


def _power_of_two(side: float) -> int:
    return 1 << int(min(max(side, SMALLEST), LARGEST)).bit_length() - 1


def _reason(error: Exception) -> str:
    """One line. Pillow names the file object where it finds no image, which tells a user nothing."""
    if isinstance(error, UnidentifiedImageError):
        return "no image that Pillow can read"
    return " ".join(str(error).split()) or type(error).__name__


@contextmanager
def _quiet() -> Iterator[None]:
    """Pillow's remarks about odd but readable files tell a user nothing; what cannot be read is reported here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _judge(broken: dict[str, str], total: int, files: Files) -> None:
    if len(broken) > TOLERATED * total:
        lines = "".join(f"\n  {name!r}: {broken[name]}" for name in sorted(broken)[:NAMED_AT_MOST])
        more = f"\n  and {len(broken) - NAMED_AT_MOST} more" if len(broken) > NAMED_AT_MOST else ""
        raise DataError(
            f"{len(broken)} of {total} images in {files.where} cannot be read, more than 1 %:{lines}{more}\n"
            "Replace them or take them away."
        )


def _report(broken: dict[str, str], total: int, files: Files) -> None:
    for name in sorted(broken)[:NAMED_AT_MOST]:
        print(f"Left out {name!r}: {broken[name]}", file=sys.stderr)
    if broken:
        print(f"{len(broken)} of {total} images in {files.where} cannot be read and are left out.", file=sys.stderr)
