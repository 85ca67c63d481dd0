"""A data set by the name in a configuration, checked and brought to the size that was asked for.

Images that have that size already are passed on as they are: mapped ones stay in their file.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from ganzoo.data.files import DataFiles
from ganzoo.data.images import resize, to_channels
from ganzoo.errors import BrokenPlugin, ConfigError, DataError
from ganzoo.registry import Registry
from ganzoo.resolution import Size
from ganzoo.specs import DataRequest, Dataset, ImageData


class NoSplit(DataError):
    """A data set that does not have the split that was asked for."""


def load_dataset(
    name: str,
    registry: Registry,
    *,
    resolution: Size | int | None = None,
    channels: int | None = None,
    data_dir: Path | None = None,
    split: Literal["train", "test"] = "train",
) -> ImageData:
    """Load ``NAME`` or ``KIND:PATH``: images of one size, and labels if it has any. A ``resolution`` of 64 is 64x64.

    Raises UnknownName, DataError for files that are missing or damaged, ConfigError for a name without its path.
    """
    dataset, request = find(name, registry, resolution=resolution, channels=channels, data_dir=data_dir, split=split)
    data: object = dataset.load(request)
    if not isinstance(data, ImageData):
        given = type(data).__name__
        raise BrokenPlugin(f"{registry.datasets.describe(dataset.name)} gave {given}; expected ganzoo.ImageData.")
    _check(data, name)
    images, cut_from = data.images, data.cut_from
    if dataset.fixed:
        _require_as_it_is(name, images.shape, resolution=request.resolution, channels=channels)
    else:
        images = images if channels is None else to_channels(images, channels)
        own = Size(*images.shape[1:3])
        if request.resolution is None and not dataset.whole:
            cut_from = cut_from or own
        images = resize(images, request.resolution or (own if dataset.whole else min(own)))
    labels = None if data.labels is None else data.labels.astype(np.int64, copy=False)
    sha256 = data.sha256 if images is data.images else ""
    licence = data.licence or dataset.licence
    return replace(data, images=images, labels=labels, licence=licence, sha256=sha256, cut_from=cut_from)


def find(
    name: str,
    registry: Registry,
    *,
    resolution: Size | int | None,
    channels: int | None,
    data_dir: Path | None,
    split: Literal["train", "test"],
) -> tuple[Dataset, DataRequest]:
    """The record of ``NAME`` or ``KIND:PATH`` and what it is to be asked. Raises UnknownName and ConfigError."""
    dataset = registry.dataset_of(name)
    kind, colon, rest = name.partition(":")
    size = resolution or dataset.resolution
    if dataset.takes_path and not rest:
        raise ConfigError(f"Data set {kind!r} needs a path: '--dataset {kind}:PATH'.")
    if colon and not dataset.takes_path:
        raise ConfigError(f"Data set {kind!r} takes no path; expected '--dataset {kind}'.")
    request = DataRequest(
        # not Path.expanduser, which raises for an unknown ~user
        path=Path(os.path.expanduser(rest)) if rest else None,
        split=split,
        resolution=None if size is None else Size.of(size),
        channels=channels,
        files=DataFiles(dataset=kind, data_dir=data_dir),
    )
    return dataset, request


def _require_as_it_is(name: str, shape: tuple[int, ...], *, resolution: Size | None, channels: int | None) -> None:
    _, height, width, have = shape
    if resolution not in (None, (height, width)) or channels not in (None, have):
        raise ConfigError(
            f"Data set {name!r} is of one shape, {width}x{height} of {have}, and is not resized or converted.\n"
            "Leave out '--resolution' and '--channels'."
        )


def _check(data: ImageData, name: str) -> None:
    """What a data set plugin must keep to; a broken one is named here and not deep in the trainer."""
    shape, dtype = data.images.shape, data.images.dtype
    if dtype != np.uint8 or len(shape) != 4 or shape[3] not in (1, 3, 4):
        raise DataError(
            f"Data set {name!r} gave images of type {dtype} and shape {shape}; expected uint8 (N, H, W, 1|3|4)."
        )
    if not data.images.size:
        raise DataError(f"Data set {name!r} holds no images.")
    check_labels(name, data.labels, data.class_names, len(data.images))


def check_labels(name: str, labels: np.ndarray | None, class_names: tuple[str, ...], number: int) -> None:
    """Raise DataError unless the labels of data set ``name`` are classes with usable names, one for each of ``number`` images."""
    if labels is None:
        return
    # What the exported file asks of names, asked before the work and not after it.
    seen: set[str] = set()
    for class_name in class_names:
        text = class_name.encode("utf-8", "replace").decode()
        if not 1 <= len(class_name) <= 200 or text != class_name or class_name in seen:
            raise DataError(
                f"Data set {name!r} has the class name {text[:60]!r}; expected different names of 1 to 200 characters."
            )
        seen.add(class_name)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"Data set {name!r} gave labels of type {labels.dtype} and shape {labels.shape}; expected integers (N,)."
        )
    if len(labels) != number:
        raise DataError(f"Data set {name!r} gave {len(labels)} labels for {number} images.")
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise DataError(
            f"Data set {name!r} has labels {labels.min()} ... {labels.max()} but {len(class_names)} class names."
        )
