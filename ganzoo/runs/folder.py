"""The run folder: plain files that another tool can read, and one writer at a time."""

from __future__ import annotations

import errno
import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from filelock import FileLock, Timeout
from pydantic import ValidationError

from ganzoo.config import Resolved, Section, TrainConfig
from ganzoo.data.identity import content_sha256
from ganzoo.errors import RunError, findings
from ganzoo.files import remove_torn, write_whole
from ganzoo.specs import ImageData

RUNS = Path("runs")
FORMAT = 1  # of config.json
CHECKPOINT = ".safetensors"


class DataFacts(Section):
    """What a run's data were: enough to export and describe the generator without them, and to notice that they changed.

    ``sha256`` is over shape, pixels and labels.
    """

    images: int
    channels: Literal[1, 3, 4]
    height: int
    width: int
    class_names: tuple[str, ...]
    class_counts: tuple[int, ...]
    licence: str
    sha256: str

    @classmethod
    def of(cls, data: ImageData) -> DataFacts:
        """The facts of a loaded data set."""
        count, height, width, channels = data.images.shape
        return cls(
            images=count,
            channels=channels,
            height=height,
            width=width,
            class_names=data.class_names,
            class_counts=class_counts(data),
            licence=data.licence,
            sha256=content_sha256(data),
        )

    @property
    def size(self) -> str:
        """``1,500 images of 32x32, 1 channel``."""
        channels = f"{self.channels} channel{'s' * (self.channels > 1)}"
        return f"{self.images:,} images of {self.height}x{self.width}, {channels}"


def class_counts(data: ImageData) -> tuple[int, ...]:
    """How many images there are of each class; empty without labels."""
    if data.labels is None:
        return ()
    return tuple(np.bincount(data.labels, minlength=len(data.class_names)).tolist())


class RunFolder:
    """``config.json``, ``stats.jsonl``, ``samples/``, ``checkpoints/``; after an export ``model.onnx`` or ``model-fp16.onnx``;
    what was measured in ``scores/``, and the checkpoint that scored best as ``best.safetensors``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_file, self.stats_file = path / "config.json", path / "stats.jsonl"
        self.samples, self.checkpoints, self.model = path / "samples", path / "checkpoints", path / "model.onnx"
        self.scores, self.best = path / "scores", path / "best.safetensors"
        self._lock_file = path / ".lock"
        self._held: os.stat_result | None = None

    def scores_at(self, kimg: float) -> Path:
        """Where what is measured of that moment of the run is kept."""
        return self.scores / f"{moment_name(kimg)}.json"

    def require_free(self) -> None:
        """Raise RunError if there is something in the folder already."""
        if self.config_file.exists():
            raise RunError(
                f"{self.path} already holds a run.\n"
                f"Go on with it: 'ganzoo train --resume {self.path}'; or choose another folder with '--out'."
            )
        if self.path.exists() and not (self.path.is_dir() and all(map(self._begun, self.path.iterdir()))):
            raise RunError(f"{self.path} is not an empty folder. Choose another one with '--out'.")

    def _begun(self, path: Path) -> bool:
        """Whether a start leaves this that ends before its configuration is written: hidden files, and folders yet empty."""
        ours = path in (self.samples, self.checkpoints) and path.is_dir()
        return path.name.startswith(".") or (ours and not any(path.iterdir()))

    def create(self, resolved: Resolved, facts: DataFacts) -> None:
        """Make the folder and write its configuration. Raises RunError if there is something in it already."""
        self.require_free()
        self.write_config(resolved, facts)

    def write_config(self, resolved: Resolved, facts: DataFacts) -> None:
        """Write ``config.json``, whole or not at all, and make the folders beside it."""
        self.samples.mkdir(parents=True, exist_ok=True)
        self.checkpoints.mkdir(exist_ok=True)
        versions = {name: version(name) for name in ("ganzoo", "torch", "numpy")} | {
            "python": platform.python_version()
        }
        document = {
            "format": FORMAT,
            "config": resolved.config.model_dump(mode="json"),
            "origins": dict(resolved.origins),
            "data": facts.model_dump(mode="json"),
            "versions": versions,
        }
        write_whole(self.config_file, json.dumps(document, indent=2) + "\n")

    def read_config(self) -> tuple[Resolved, DataFacts]:
        """The configuration and data that the run was started with. Raises RunError if they cannot be read."""
        if not self.config_file.is_file():
            within = sorted(path.parent.name for path in self.path.glob("*/config.json"))
            hint = f"It holds runs: {', '.join(within[:8])}." if within else "Start one with 'ganzoo train RECIPE'."
            raise RunError(f"{self.path} is not a run folder: it has no config.json.\n{hint}")
        try:
            document = json.loads(self.config_file.read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise ValueError(f"its format is {document['format']!r}, expected {FORMAT}: another ganzoo wrote it")
            resolved = Resolved(TrainConfig.model_validate(document["config"]), dict(document["origins"]))
            return resolved, DataFacts.model_validate(document["data"])
        except ValidationError as error:
            problem = findings(error)
        except KeyError as error:
            problem = f"it has no {error}"
        except (ValueError, TypeError, RecursionError) as error:
            problem = str(error)
        raise RunError(
            f"{self.config_file} cannot be read: {problem}.\nBring back a copy of it, or start a new run with '--out'."
        )

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against a second trainer, and clear away what a killed one left half written.

        Raises RunError if another process holds it.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self._lock_file, timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise RunError(
                f"{self.path} is being trained by another process. Wait for it, or choose another folder with '--out'."
            ) from None
        try:
            self._held = self._lock_file.stat()
            for name in (self.config_file.name, self.stats_file.name, self.best.name):
                remove_torn(self.path, name)
            remove_torn(self.checkpoints)
            remove_torn(self.samples)
            yield
        finally:
            self._held = None
            lock.release()

    def require_held(self) -> None:
        """Raise RunError if the folder that was locked is gone, or another in its place, which may be another trainer's."""
        if self._held is None:
            return
        with suppress(OSError):
            if os.path.samestat(self._held, self._lock_file.stat()):
                return
        raise gone(self.path)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn a full disk or a folder taken away into a RunError that says how to go on."""
        try:
            yield
        except OSError as error:
            where = Path(error.filename or self.path)
            if not where.is_relative_to(self.path):
                raise  # of a cache, say, which has nothing to do with the run
            raise not_written(str(where), self.path, error) from error

    def log(self, record: Mapping[str, Any]) -> None:
        """Append one line to ``stats.jsonl``. Raises RunError if the folder is no longer the one that was locked."""
        self.require_held()
        with self.stats_file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record) + "\n")

    def stats(self) -> list[dict[str, Any]]:
        """All lines of ``stats.jsonl``; what is no record, as a line torn by a crash, is left out."""
        if not self.stats_file.exists():
            return []
        records = []
        for line in self.stats_file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                record = json.loads(line)
            except (ValueError, RecursionError):
                continue  # cut off by a crash; the steps are done again from the checkpoint
            if isinstance(record, dict) and isinstance(record.get("nimg"), int):
                records.append(record)
        return records

    def stopped(self) -> str | None:
        """The rule by which the run stopped before its budget was used up, or None."""
        records = self.stats()
        return records[-1].get("stopped") if records else None

    def diverged(self) -> str | None:
        """What became NaN or infinite and so ended the run, or None."""
        records = self.stats()
        return records[-1].get("diverged") if records else None

    def rewind(self, nimg: int) -> None:
        """Forget statistics later than ``nimg`` images: a resumed run writes them again."""
        kept = [record for record in self.stats() if record["nimg"] <= nimg]
        write_whole(self.stats_file, "".join(json.dumps(record) + "\n" for record in kept))


def not_written(what: str, run: Path, error: OSError, *, needed: int = 0) -> RunError:
    """What a full disk or a folder taken away means for a run, and how to go on. ``needed`` is in bytes."""
    if not run.is_dir():
        return gone(run)
    full = error.errno in (errno.ENOSPC, errno.EDQUOT)
    size = f" ({needed / 1e6:.1f} MB are needed)" if full and needed else ""
    mend = "make room" if full else "put that right"
    problem = f"{what} could not be written: {error.strerror or error}{size}."
    folder = RunFolder(run)
    if not folder.config_file.exists() and not checkpoints(folder.checkpoints):
        return RunError(f"{problem}\nNothing was trained yet; {mend} and start again.")
    return RunError(
        f"{problem}\nThe checkpoints so far are untouched; {mend} and go on with 'ganzoo train --resume {run}'."
    )


def gone(run: Path) -> RunError:
    """The run folder was taken from under its trainer."""
    return RunError(
        f"{run} was moved, deleted or replaced while it was being trained.\n"
        "If it was moved, go on from its last checkpoint with 'ganzoo train --resume NEW_PLACE'; or start a new run."
    )


def moment_name(kimg: float) -> str:
    """How what belongs to a moment of a run is named, so that names sort as time: ``kimg000012.500``."""
    return f"kimg{kimg:010.3f}"


def moment_of(path: Path) -> int:
    """The images shown before a file that is named so: the inverse."""
    return round(1000 * float(path.stem.removeprefix("kimg")))


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a folder, newest first."""
    return sorted(folder.glob(f"kimg*{CHECKPOINT}"), reverse=True)


@contextmanager
def new_run(name: str, root: Path = RUNS) -> Iterator[Path]:
    """A folder ``runs/NNNNN-NAME`` of its own number, however many start at once; taken away again if it stays empty."""
    made_root = not root.exists()
    folder = _reserve(name, root)
    try:
        yield folder
    finally:
        with suppress(OSError):  # not empty: there is a run in it now
            folder.rmdir()
            if made_root:
                root.rmdir()


def _reserve(name: str, root: Path) -> Path:
    number = max((int(p.name[:5]) for p in root.glob("[0-9][0-9][0-9][0-9][0-9]-*")), default=0)
    while True:
        number += 1
        claim = root / f".{number:05d}"  # only one process can make it, whatever the runs are called
        try:
            claim.mkdir(parents=True)
        except FileExistsError:
            if not root.is_dir():
                raise
            continue
        try:
            if any(root.glob(f"{number:05d}-*")):  # another claimed and used it since we looked
                continue
            folder = root / f"{number:05d}-{name}"
            folder.mkdir()
            return folder
        finally:
            claim.rmdir()


def newest_run(root: Path = RUNS) -> Path:
    """The run that was worked on last. Raises RunError if there is none."""
    found = [path.parent for path in root.glob("*/config.json")]
    if not found:
        raise RunError(f"There is no run in {root}{os.sep}. Start one with 'ganzoo train dcgan-wgangp'.")
    begun = [run for run in found if any((run / "checkpoints").glob("kimg*"))]  # others ended before their first one
    return max(
        begun or found, key=lambda run: max(p.stat().st_mtime for p in (run / "config.json", run / "checkpoints"))
    )
