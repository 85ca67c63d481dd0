"""A data set image by image: as it offers that itself, else from memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ganzoo.data.identity import content_sha256
from ganzoo.data.load import check_labels, find, load_dataset
from ganzoo.errors import BrokenPlugin, DataError
from ganzoo.registry import Registry
from ganzoo.resolution import Size
from ganzoo.specs import ImageData, ImageShape, ImageSource, Split


@contextmanager
def scan_dataset(
    name: str,
    registry: Registry,
    *,
    resolution: Size | int | None = None,
    channels: int | None = None,
    data_dir: Path | None = None,
    split: Split = "train",
) -> Iterator[ImageSource]:
    """Open ``NAME`` or ``KIND:PATH``: the images, size, labels and order that ``load_dataset`` gives. Raises what that does."""
    dataset, request = find(name, registry, resolution=resolution, channels=channels, data_dir=data_dir, split=split)
    if dataset.scan is None:
        yield from_memory(
            load_dataset(name, registry, resolution=resolution, channels=channels, data_dir=data_dir, split=split),
            where=name,
        )
        return
    described = registry.datasets.describe(dataset.name)
    with dataset.scan(request) as found:
        source: object = found
        if not isinstance(source, ImageSource):
            raise BrokenPlugin(f"{described} scans as {type(source).__name__}; expected ganzoo.ImageSource.")
        _check_shape(source.shape, request.resolution, channels, described)
        if not source.names:
            raise DataError(f"Data set {name!r} holds no images.")
        check_labels(name, source.labels, source.class_names, len(source.names))
        yield replace(source, licence=source.licence or dataset.licence)


def from_memory(data: ImageData, *, where: str) -> ImageSource:
    """Images that are there already."""
    number, height, width, channels = data.images.shape
    return ImageSource(
        where=where,
        names=[str(i) for i in range(number)],
        shape=ImageShape(channels, height, width),
        read=lambda i: data.images[i].tobytes(),
        decode=partial(_pixels, shape=(height, width, channels)),
        identify=lambda: content_sha256(data),
        labels=data.labels,
        class_names=data.class_names,
        licence=data.licence,
        cut_from=data.cut_from,
    )


def _pixels(stored: bytes, *, shape: tuple[int, int, int]) -> np.ndarray:
    return np.frombuffer(stored, np.uint8).reshape(shape)


def _check_shape(shape: ImageShape, size: Size | None, channels: int | None, described: str) -> None:
    wanted = ImageShape(channels or shape.channels, *(size or shape.size))
    if shape != wanted or shape.channels not in (1, 3, 4):
        raise BrokenPlugin(
            f"{described} scans images of {shape.height}x{shape.width}x{shape.channels}; expected "
            f"{wanted.height}x{wanted.width} and {channels or '1, 3 or 4'} channels."
        )
