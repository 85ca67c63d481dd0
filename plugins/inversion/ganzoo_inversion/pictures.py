"""Images and masks as users give them, and pictures to compare by."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import PIL.Image
import PIL.ImageOps

from ganzoo import ConfigError, DataError, GanzooError, Size
from ganzoo.data import fit
from ganzoo.evaluation import Pixels
from ganzoo_serve.images import FORMATS, Format, extension, grid
from ganzoo_serve.metadata import Image

SHOWN = 128  # pixels that a side of a compared image has at least, so that a person sees it


def read_image(path: Path, image: Image) -> Pixels:
    """An image file of any mode and size -> uint8 (h, w, c) as the model makes them: the largest centred part, resized.

    Raises DataError if it cannot be read.
    """
    with _open(path) as picture:
        return fit(picture, Size(image.height, image.width), image.channels)


def read_mask(path: Path, like: Path, image: Image) -> npt.NDArray[np.bool_]:
    """A mask file -> bool (h, w, 1), true where it is white: what is to be filled.

    It has the size of the image file ``like`` and goes the same way to the model's size. Raises DataError.
    """
    with _open(like) as picture:
        expected = PIL.ImageOps.exif_transpose(picture).size
    with _open(path) as mask:
        size = PIL.ImageOps.exif_transpose(mask).size
        if size != expected:
            raise DataError(
                f"The mask {path} has {size[0]}x{size[1]} pixels: expected {expected[0]}x{expected[1]}, as {like} has."
            )
        hole = fit(mask, Size(image.height, image.width), 1) >= 128
    if not hole.any():
        raise DataError(f"The mask {path} is black all over: nothing is to be filled. White marks what is.")
    if hole.all():
        raise DataError(
            f"The mask {path} is white all over: nothing is known. Black marks what is; "
            "for an image out of nothing: 'ganzoo sample'."
        )
    return hole


def compared(rows: Sequence[Sequence[Pixels]]) -> Pixels:
    """Rows of equally many images (h, w, c) -> one picture, without gaps, each pixel shown as a square of several."""
    images = np.stack([image for row in rows for image in row])
    larger = -(-SHOWN // min(images.shape[1:3]))
    return grid(images.repeat(larger, axis=1).repeat(larger, axis=2), columns=len(rows[0]))


def picture_format(path: Path) -> Format:
    """The format of a file's ending. Raises ConfigError for one that is not written."""
    if extension(path) not in FORMATS:
        raise ConfigError(f"{path}: expected a name that ends in .{', .'.join(FORMATS)}.")
    return FORMATS[extension(path)]


def write_picture(path: Path, picture: Pixels) -> None:
    """Write (h, w, c) in the format of the file's ending. Raises as ``picture_format``, GanzooError if it cannot be written."""
    data = picture_format(path).encode(picture)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise GanzooError(f"{path} could not be written: {error.strerror}.") from error


def _open(path: Path) -> PIL.Image.Image:
    try:
        with path.open("rb") as file:  # which Pillow would leave open where it fails
            picture = PIL.Image.open(file)
            picture.load()
    except FileNotFoundError:
        raise DataError(f"There is no file {path}.") from None
    # Pillow's readers raise what their formats make them stumble on; a decompression bomb is an Exception of its own.
    except (OSError, SyntaxError, ValueError, PIL.Image.DecompressionBombError) as error:
        raise DataError(f"{path} cannot be read as an image ({error}). Expected a PNG, JPEG, WebP ... file.") from error
    return picture
