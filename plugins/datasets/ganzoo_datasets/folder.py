"""``folder:PATH``, ``zip:PATH`` and ``tar:PATH``: your own images, of any mode and size."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from ganzoo import ConfigError, DataRequest, ImageData
from ganzoo_datasets.decode import read_images
from ganzoo_datasets.layout import arrange
from ganzoo_datasets.sources import Files, open_folder, open_tar, open_zip


def load_folder(request: DataRequest) -> ImageData:
    return _load(request, open_folder)


def load_zip(request: DataRequest) -> ImageData:
    return _load(request, open_zip)


def load_tar(request: DataRequest) -> ImageData:
    return _load(request, open_tar)


def _load(request: DataRequest, opener: Callable[[Path], AbstractContextManager[Files]]) -> ImageData:
    """List, sort into classes, decode. Raises DataError for what is missing, empty or damaged."""
    if request.path is None:
        raise ConfigError("The images' path is missing: '--dataset folder:PATH', 'zip:PATH' or 'tar:PATH'.")
    with opener(request.path) as files:
        layout = arrange(files, request.split)
        images, kept = read_images(files, layout.names, resolution=request.resolution, channels=request.channels)
    labels = None if layout.labels is None else layout.labels[kept]
    return ImageData(images=images, labels=labels, class_names=layout.class_names)
