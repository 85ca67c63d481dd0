"""The files of one split of a packed folder while they are written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from ganzoo.data.packing.packed import HEADER_BYTES, SplitFacts, file_names, hash_split, npy_header
from ganzoo.errors import DataError
from ganzoo.files import write_whole
from ganzoo.progress import Stages
from ganzoo.specs import ImageShape, Split


class SplitFiles:
    """The images of a split, appended; ``images`` of them are there already, and what lies behind them is cut off.

    The header comes last: until then nobody takes the file for an array. Raises DataError for a full disk, and for a file
    that holds less than ``images``.
    """

    def __init__(self, folder: Path, split: Split, shape: ImageShape, images: int) -> None:
        self.folder, self.split, self.shape, self.images = folder, split, shape, images
        path = folder / f"{split}.npy"
        end = HEADER_BYTES + images * prod(shape)
        size = path.stat().st_size if path.exists() else 0
        if images and size < end:
            raise DataError(
                f"{path} holds {size:,} bytes, but {end:,} were written before the stop: it was changed, or is damaged.\n"
                f"Delete {folder} and pack again."
            )
        with writing(folder):
            self._file: IO[bytes] = path.open("r+b" if images else "wb")
            self._file.truncate(end)
            self._file.seek(end)

    def __enter__(self) -> SplitFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with writing(self.folder):  # a full disk is met once more when what is buffered goes out
            self._file.close()

    def append(self, image: np.ndarray) -> None:
        """Add an image, uint8 (H, W, C)."""
        with writing(self.folder):
            self._file.write(np.ascontiguousarray(image).data)
        self.images += 1

    def save(self) -> None:
        """Make durable what was added."""
        with writing(self.folder):
            self._file.flush()
            os.fsync(self._file.fileno())

    def finish(self, labels: np.ndarray | None, class_names: tuple[str, ...], stages: Stages) -> SplitFacts:
        """Write the header and the labels, and read everything once more for its checksums; nothing is left out yet."""
        channels, height, width = self.shape
        with writing(self.folder):
            self._file.seek(0)
            self._file.write(npy_header("|u1", (self.images, height, width, channels)))
            self.save()
            if labels is not None:
                whole = npy_header("<i8", labels.shape) + labels.astype("<i8").tobytes()
                write_whole(self.folder / file_names(self.split, labelled=True)[1], whole)
        labelled = labels is not None
        with stages.open():
            stage = stages.stage(f"Checksums of {self.split}", self.images)
            content, files = hash_split(
                self.folder, self.split, self.images, self.shape, labelled=labelled, advance=stage.advance
            )
        return SplitFacts(
            images=self.images, class_names=class_names if labelled else (), sha256=content, left_out={}, files=files
        )


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn a full disk or a folder taken away into a DataError that says how to go on."""
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{folder} could not be written: {error.strerror or error}.\nWhat is packed so far is kept: put that right (on a "
            "full disk make room) and run the same command again; it goes on where it was."
        ) from error
