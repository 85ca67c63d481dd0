"""Bringing images to one size and number of channels, always in the same stated way.

The filter is Pillow's Lanczos with antialiasing, on the largest centred part of the shape that is asked for: the choice moves
FID by a point on the same images.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import PIL.Image
import PIL.ImageCms
import PIL.ImageOps
from PIL.Image import Image

from ganzoo.resolution import Size

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
BLOCK_BYTES = 16 << 20
ORIENTATION = 0x0112  # the EXIF tag


def fit(image: Image, size: Size | int, channels: int) -> np.ndarray:
    """A Pillow image of any mode and size -> uint8 (height, width, channels); a ``size`` of 64 is 64x64.

    The orientation that EXIF asks for is applied; the largest centred part of that shape is cut out and resized by Lanczos.
    Transparent parts are laid on white unless ``channels`` is 4. 16-bit grey is scaled down to 8 bits; 32-bit integers
    and floats by the smallest of 1 (floats only), 255 and 65535 that holds their maximum.
    """
    if image.getexif().get(ORIENTATION, 1) != 1:
        image = PIL.ImageOps.exif_transpose(image)
    size = Size.of(size)
    part = centred(Size(image.height, image.width), size)
    if (part.height, part.width) != (image.height, image.width):
        left, top = (image.width - part.width) // 2, (image.height - part.height) // 2
        image = image.crop((left, top, left + part.width, top + part.height))
    image = _convert(_eight_bits(image), channels)
    if part != size:
        image = image.resize((size.width, size.height), PIL.Image.Resampling.LANCZOS)
    return np.asarray(image).reshape(*size, channels)


def resize(images: np.ndarray, size: Size | int) -> np.ndarray:
    """uint8 (N, H, W, C) -> uint8 (N, height, width, C), each as ``fit`` does."""
    size = Size.of(size)
    own, channels = Size(*images.shape[1:3]), images.shape[3]
    if own == size:
        return images
    part = centred(own, size)
    top, left = (own.height - part.height) // 2, (own.width - part.width) // 2
    parts = images[:, top : top + part.height, left : left + part.width]
    resized = np.empty((len(images), *size, channels), np.uint8)
    if channels == 4:  # Pillow multiplies by alpha before it filters and divides after: not to be done once per axis
        for i, image in enumerate(images):
            resized[i] = fit(PIL.Image.fromarray(np.ascontiguousarray(image)), size, channels)
        return resized
    for block in _blocks(len(images), max(part.height, size.height) * max(part.width, size.width) * channels):
        # Pillow filters the rows, rounds to 8 bits, then filters the columns: two passes over stacked images give what
        # it gives for each alone, without 60,000 calls.
        rows = _resize_rows(parts[block], size.width)
        resized[block] = _resize_rows(rows.swapaxes(1, 2), size.height).swapaxes(1, 2)
    return resized


def centred(own: Size, wanted: Size) -> Size:
    """What is left of images that are cut to the shape of ``wanted``, to the nearest pixel."""
    return Size(
        max(1, min(own.height, round(own.width * wanted.height / wanted.width))),
        max(1, min(own.width, round(own.height * wanted.width / wanted.height))),
    )


def to_channels(images: np.ndarray, channels: int) -> np.ndarray:
    """uint8 (N, H, W, C) -> uint8 (N, H, W, channels), each as ``fit`` does.

    Grey is repeated; colour becomes grey by Pillow's luma (ITU-R 601-2); a new alpha is opaque; for a dropped one
    transparent parts are laid on white.
    """
    number, height, width, have = images.shape
    if have == channels:
        return images
    converted = np.empty((number, height, width, channels), np.uint8)
    for block in _blocks(number, height * width * 4):
        stack = _convert(_stack(images[block]), channels)
        converted[block] = np.asarray(stack).reshape(-1, height, width, channels)
    return converted


def _convert(image: Image, channels: int) -> Image:
    """An 8-bit image of any mode -> mode L, RGB or RGBA; what is transparent is laid on white if alpha is dropped."""
    wanted = MODES[channels]
    if image.mode == wanted and not image.has_transparency_data:
        return image
    if image.mode == "LAB":
        return _convert(_from_lab(image), channels)
    if image.mode == "La":
        image = image.convert("LA")  # the one mode that the premultiplied one is turned into
    if image.has_transparency_data:
        image = image.convert("RGBA")
        if channels == 4:
            return image
        return (
            PIL.Image.alpha_composite(PIL.Image.new("RGBA", image.size, "white"), image).convert("RGB").convert(wanted)
        )
    if image.mode not in ("1", "L"):
        image = image.convert("RGB")
    return image.convert(wanted)


def _from_lab(image: Image) -> Image:
    to_srgb = PIL.ImageCms.buildTransform(
        PIL.ImageCms.createProfile("LAB"), PIL.ImageCms.createProfile("sRGB"), "LAB", "RGB"
    )
    return PIL.ImageCms.applyTransform(image, to_srgb) or image


def _eight_bits(image: Image) -> Image:
    if image.mode[0] not in "IF":
        return image
    values = np.nan_to_num(np.asarray(image, dtype=np.float32))
    top = 65535.0
    if not image.mode.startswith("I;16"):
        highest = values.max(initial=0.0)
        top = 1.0 if image.mode == "F" and highest <= 1 else 255.0 if highest <= 255 else 65535.0
    return PIL.Image.fromarray((values.clip(0, top) * (255.0 / top)).round().astype(np.uint8))


def _blocks(number: int, bytes_each: int) -> Iterator[slice]:
    """Slices that cover ``number`` images, few enough at a time that a working copy stays small."""
    step = max(1, BLOCK_BYTES // max(1, bytes_each))
    return (slice(start, start + step) for start in range(0, number, step))


def _stack(images: np.ndarray) -> Image:
    """uint8 (N, H, W, C) -> one Pillow image, N times as high."""
    number, height, width, channels = images.shape
    shape = (number * height, width) if channels == 1 else (number * height, width, channels)
    return PIL.Image.fromarray(np.ascontiguousarray(images).reshape(shape))


def _resize_rows(images: np.ndarray, width: int) -> np.ndarray:
    """uint8 (N, H, W, C) -> uint8 (N, H, width, C): Lanczos along the rows only."""
    number, height, _, channels = images.shape
    stack = _stack(images).resize((width, number * height), PIL.Image.Resampling.LANCZOS)
    return np.asarray(stack).reshape(number, height, width, channels)
