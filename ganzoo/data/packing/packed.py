"""The packed folder: images of one size in plain ``.npy`` files, which are mapped and not read, and what they are.

``pack.json`` says it all. Each split has ``train.npy``, uint8 (N, H, W, C), and if there are classes ``train-labels.npy``,
int64 (N,); so has ``test``. ``pack.json`` is written last, so that a folder with it is whole.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ganzoo.data.load import NoSplit
from ganzoo.errors import ConfigError, DataError, findings
from ganzoo.files import write_whole
from ganzoo.progress import Stages
from ganzoo.resolution import Size
from ganzoo.specs import ImageData, ImageShape, Split

FORMAT: Literal[1] = 1
PACK, UNFINISHED = "pack.json", "unfinished.json"
HEADER_BYTES = 128  # of both kinds of .npy file; the format wants a multiple of 64
CHUNK_BYTES = 8 << 20


class Facts(BaseModel):
    """What stands in a file of the folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)


F = TypeVar("F", bound=BaseModel)


class FileFacts(Facts):
    """Size and sha256 of a file, as other tools compute it."""

    bytes: int
    sha256: str


class SplitFacts(Facts):
    """What a split is. ``sha256`` is the ``content_sha256`` of its images; ``left_out`` says why, by name."""

    images: int
    class_names: tuple[str, ...]
    sha256: str
    left_out: dict[str, str]
    files: dict[str, FileFacts]


class PackFacts(Facts):
    """What ``pack.json`` says. ``resized`` is how images were brought to ``resolution``."""

    format: Literal[1]
    source: str
    licence: str
    resolution: Size
    channels: Literal[1, 3, 4]
    resized: str
    pillow: str
    ganzoo: str
    splits: dict[Split, SplitFacts]

    @model_validator(mode="after")
    def _only_own_files(self) -> Self:
        for split, facts in self.splits.items():
            if list(facts.files) not in (file_names(split, labelled=False), file_names(split, labelled=True)):
                raise ValueError(f"the files of {split} are {', '.join(facts.files) or 'none'}")
        return self


class Pack:
    """A packed folder that is whole."""

    def __init__(self, path: Path, facts: PackFacts) -> None:
        self.path, self.facts = path, facts

    @classmethod
    def read(cls, path: Path) -> Pack:
        """Raises DataError if the folder is no pack, or its ``pack.json`` cannot be read."""
        file = path / PACK
        if not file.is_file():
            if (path / UNFINISHED).is_file():
                raise DataError(
                    f"{path} is not packed to its end.\nGo on with the command that began it: 'ganzoo data pack SRC {path}'."
                )
            found = "is no packed folder: it has no pack.json" if path.exists() else "does not exist"
            out = "OUT" if path.exists() else path
            raise DataError(f"{path} {found}.\nPack images with 'ganzoo data pack SRC {out}'.")
        return cls(path, parse(file, PackFacts))

    def write(self) -> None:
        """Write ``pack.json``, whole or not at all."""
        write_whole(self.path / PACK, json.dumps(self.facts.model_dump(), indent=2) + "\n")

    @property
    def shape(self) -> ImageShape:
        """Channels, height and width of each image."""
        return ImageShape(self.facts.channels, *self.facts.resolution)

    def load(self, split: Split, *, resolution: Size | None = None, channels: int | None = None) -> ImageData:
        """A split, its images mapped read-only: nothing of them is read here.

        Raises NoSplit; ConfigError if another resolution or number of channels is asked for than was packed; DataError for
        a file that is missing, cut short or another.
        """
        have, source = self.shape, self.facts.source
        asked = ImageShape(channels or have.channels, *(resolution or have.size))
        if asked != have:
            raise ConfigError(
                f"{self.path} holds images of {_text(have)}; {_text(asked)} was asked for, and packed images are not "
                f"resized.\nPack them again: 'ganzoo data pack {source if ':' not in source else 'SRC'} OUT "
                f"--resolution {asked.size} --channels {asked.channels}', with SRC the {source} that they are from."
            )
        facts = self._split(split)
        shape = (facts.images, have.height, have.width, have.channels)
        images = self._array(facts, f"{split}.npy", np.dtype(np.uint8), shape)
        labels = None
        if len(facts.files) == 2:
            labels = np.array(self._array(facts, f"{split}-labels.npy", np.dtype("<i8"), shape[:1]))
        return ImageData(
            images=images,
            labels=labels,
            class_names=facts.class_names,
            licence=self.facts.licence,
            sha256=facts.sha256,
        )

    def check(self, stages: Stages) -> None:
        """Read every file and compare it with what was packed. Raises DataError naming the first one that differs."""
        for split, facts in self.facts.splits.items():
            for name in facts.files:
                self._require_size(facts, name)
            with stages.open():
                stage = stages.stage(f"Checking {split}", facts.images)
                labelled = len(facts.files) == 2
                _, found = hash_split(
                    self.path, split, facts.images, self.shape, labelled=labelled, advance=stage.advance
                )
            for name, file in found.items():
                if file != facts.files[name]:
                    raise DataError(
                        f"{self.path / name} is damaged: its sha256 is {file.sha256}, expected "
                        f"{facts.files[name].sha256}.\n{_again(self.path)}"
                    )

    def _split(self, split: Split) -> SplitFacts:
        if split not in self.facts.splits:
            raise NoSplit(f"{self.path} has no {split} split: {self.facts.source} had none when it was packed.")
        return self.facts.splits[split]

    def _require_size(self, facts: SplitFacts, name: str) -> None:
        file, expected = self.path / name, facts.files[name].bytes
        try:
            size = file.stat().st_size
        except OSError as error:
            raise DataError(f"{file} cannot be read: {error.strerror or error}.\n{_again(self.path)}") from error
        if size != expected:
            what = "is cut short" if size < expected else "is another file"
            raise DataError(f"{file} {what}: it holds {size:,} bytes, expected {expected:,}.\n{_again(self.path)}")

    def _array(self, facts: SplitFacts, name: str, dtype: np.dtype[Any], shape: tuple[int, ...]) -> np.ndarray:
        self._require_size(facts, name)
        file = self.path / name
        try:
            array: np.ndarray = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:  # a damaged header
            raise DataError(f"{file} cannot be read as a .npy file: {error}.\n{_again(self.path)}") from error
        if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
            raise DataError(f"{file} holds {array.dtype} {array.shape}, expected {dtype} {shape}.\n{_again(self.path)}")
        return array


def file_names(split: Split, *, labelled: bool) -> list[str]:
    """The files of a split."""
    return [f"{split}.npy", f"{split}-labels.npy"] if labelled else [f"{split}.npy"]


def hash_split(
    folder: Path, split: Split, images: int, shape: ImageShape, *, labelled: bool, advance: Callable[[int], None]
) -> tuple[str, dict[str, FileFacts]]:
    """Read a split's files to the end: their ``content_sha256``, and size and sha256 of each. ``advance`` is told of images."""
    content = hashlib.sha256(str((images, shape.height, shape.width, shape.channels)).encode())
    image_bytes = shape.channels * shape.height * shape.width
    chunk = max(1, CHUNK_BYTES // image_bytes)
    found = {}
    for name in file_names(split, labelled=labelled):
        try:
            with (folder / name).open("rb") as file:
                whole, size = hashlib.sha256(), 0
                read = file.read(HEADER_BYTES)
                while read:
                    whole.update(read)
                    if size:
                        content.update(read)
                    if size and name == f"{split}.npy":
                        advance(len(read) // image_bytes)
                    size += len(read)
                    read = file.read(chunk * image_bytes)
        except OSError as error:
            raise DataError(f"{folder / name} cannot be read: {error.strerror or error}.") from error
        found[name] = FileFacts(bytes=size, sha256=whole.hexdigest())
    return content.hexdigest(), found


def npy_header(descr: str, shape: tuple[int, ...]) -> bytes:
    """The beginning of a ``.npy`` file, format 1.0, always of the same size: it is written when the number is known."""
    fields = repr({"descr": descr, "fortran_order": False, "shape": shape})
    text = fields.ljust(HEADER_BYTES - 11) + "\n"  # before it: six letters, two of version, two of length
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode("ascii")


def parse(file: Path, kind: type[F]) -> F:
    """Facts out of their file. Raises DataError."""
    try:
        return kind.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise DataError(f"{file} cannot be read: {findings(error, 3)}.\n{_again(file.parent)}") from None
    except OSError as error:
        raise DataError(f"{file} cannot be read: {error.strerror or error}.") from error


def _again(path: Path) -> str:
    return f"Bring back a copy of it, or delete {path} and pack again: 'ganzoo data pack SRC {path}'."


def _text(shape: ImageShape) -> str:
    return f"{shape.height}x{shape.width}x{shape.channels}"
