"""What is known of a packed folder before it is whole: ``unfinished.json``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict

from ganzoo.data.packing.packed import FORMAT, PACK, UNFINISHED, Facts, SplitFacts, parse
from ganzoo.data.packing.split_files import writing
from ganzoo.errors import DataError
from ganzoo.files import remove_torn, write_whole
from ganzoo.resolution import Size
from ganzoo.specs import ImageShape, ImageSource, Split


class Asked(Facts):
    """What a pack is asked for, and the Pillow that makes it: only the same goes on."""

    source: str
    resolution: Size | None
    channels: int | None
    pillow: str


class SplitProgress(BaseModel):
    """How far a split is: ``taken`` images were read, those in ``left_out`` are broken; ``facts`` once it is whole."""

    model_config = ConfigDict(extra="forbid")

    identity: str
    taken: int = 0
    left_out: dict[int, str] = {}
    facts: SplitFacts | None = None


class State(BaseModel):
    """What ``unfinished.json`` says."""

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = FORMAT
    asked: Asked
    shape: ImageShape | None = None
    licence: str = ""
    splits: dict[Split, SplitProgress] = {}


class Unfinished:
    """A packed folder that is not whole yet."""

    def __init__(self, folder: Path, state: State) -> None:
        self.folder, self.state = folder, state

    @classmethod
    def find(cls, folder: Path, asked: Asked) -> Unfinished:
        """The one that was begun in ``folder``, or a new one. Raises DataError if the folder holds anything else."""
        if (folder / PACK).exists():
            raise DataError(
                f"{folder} is a packed folder already, and is not written over.\n"
                f"Use it: '--dataset packed:{folder}'; or choose another OUT, or delete it."
            )
        file = folder / UNFINISHED
        if not file.exists():
            # What a start leaves that was killed at once begins with a dot.
            if any(not path.name.startswith(".") for path in folder.iterdir()):
                raise DataError(f"{folder} is not an empty folder. Choose another OUT.")
            return cls(folder, State(asked=asked))
        found = cls(folder, parse(file, State))
        then = found.state.asked.model_dump()
        other = [f"{key} {then[key]} then, {now} now" for key, now in asked.model_dump().items() if now != then[key]]
        if other:
            raise DataError(
                f"{folder} holds an unfinished pack of something else: {'; '.join(other)}.\n{_what_to_do(folder)}"
            )
        return found

    def enter(self, split: Split, source: ImageSource) -> SplitProgress:
        """Where that split stands. Raises DataError if its images are not those with which it was begun."""
        identity = source.identify()
        progress = self.state.splits.setdefault(split, SplitProgress(identity=identity))
        if progress.identity != identity or progress.taken > len(source.names):
            raise DataError(
                f"{source.where} is not what it was when {self.folder} was begun: files were added, taken away or changed."
                f"\n{_what_to_do(self.folder)}"
            )
        self.state.shape, self.state.licence = source.shape, source.licence
        return progress

    def save(self) -> None:
        """Write it, whole or not at all."""
        with writing(self.folder):
            write_whole(self.folder / UNFINISHED, self.state.model_dump_json() + "\n")

    def remove(self) -> None:
        """Take it away, and what writes of it left that were killed."""
        (self.folder / UNFINISHED).unlink(missing_ok=True)
        remove_torn(self.folder)


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Make the folder and hold it against a second process; without anything in it, it does not stay. Raises DataError."""
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / ".lock"
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise DataError(f"{folder} is being packed by another process. Wait for it, or choose another OUT.") from None
    try:
        yield
    finally:
        with suppress(OSError):  # while it is held: nobody else can have got it
            file.unlink()
        lock.release()
        with suppress(OSError):
            if new:
                folder.rmdir()


def _what_to_do(folder: Path) -> str:
    return f"Bring back what it was begun with, choose another OUT, or delete {folder} and begin anew."
