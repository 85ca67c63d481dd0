"""``folder:PATH``, ``zip:PATH`` and ``tar:PATH``: your own images, of any mode and size."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import TypeAlias

from ganzoo import ConfigError, DataRequest, ImageData, ImageShape, ImageSource
from ganzoo_datasets.decode import decode, read_all, survey
from ganzoo_datasets.layout import arrange
from ganzoo_datasets.sources import Files, open_folder, open_tar, open_zip

Opener: TypeAlias = Callable[[Path], AbstractContextManager[Files]]


def load_folder(request: DataRequest) -> ImageData:
    with scan_folder(request) as source:
        return read_all(source)


def load_zip(request: DataRequest) -> ImageData:
    with scan_zip(request) as source:
        return read_all(source)


def load_tar(request: DataRequest) -> ImageData:
    with scan_tar(request) as source:
        return read_all(source)


def scan_folder(request: DataRequest) -> AbstractContextManager[ImageSource]:
    return _scan(request, open_folder)


def scan_zip(request: DataRequest) -> AbstractContextManager[ImageSource]:
    return _scan(request, open_zip)


def scan_tar(request: DataRequest) -> AbstractContextManager[ImageSource]:
    return _scan(request, open_tar)


@contextmanager
def _scan(request: DataRequest, opener: Opener) -> Iterator[ImageSource]:
    """List, sort into classes, settle size and channels. Raises DataError for what is missing, empty or damaged."""
    if request.path is None:
        raise ConfigError("The images' path is missing: '--dataset folder:PATH', 'zip:PATH' or 'tar:PATH'.")
    with opener(request.path) as files:
        layout = arrange(files, request.split)
        found = survey(files, layout.names, resolution=request.resolution, channels=request.channels)
        yield ImageSource(
            where=str(files.where),
            names=layout.names,
            shape=ImageShape(found.channels, *found.size),
            read=lambda i: files.read(layout.names[i]),
            decode=partial(decode, size=found.size, channels=found.channels),
            identify=files.identify,
            labels=layout.labels,
            class_names=layout.class_names,
            cut_from=found.cut_from,
        )
