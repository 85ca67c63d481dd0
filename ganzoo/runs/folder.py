"""The run folder: plain files that another tool can read, and one writer at a time."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from filelock import FileLock, Timeout
from pydantic import ValidationError

from ganzoo.config import Resolved, Section, TrainConfig
from ganzoo.data.identity import content_sha256
from ganzoo.errors import RunError
from ganzoo.files import write_whole
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


def class_counts(data: ImageData) -> tuple[int, ...]:
    """How many images there are of each class; empty without labels."""
    if data.labels is None:
        return ()
    return tuple(np.bincount(data.labels, minlength=len(data.class_names)).tolist())


class RunFolder:
    """``config.json``, ``stats.jsonl``, ``samples/``, ``checkpoints/``; after an export ``model.onnx``; what was measured in
    ``scores/``, and the checkpoint that scored best as ``best.safetensors``."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_file, self.stats_file = path / "config.json", path / "stats.jsonl"
        self.samples, self.checkpoints, self.model = path / "samples", path / "checkpoints", path / "model.onnx"
        self.scores, self.best = path / "scores", path / "best.safetensors"

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
        # What a start leaves that was killed before its configuration was written begins with a dot.
        if self.path.exists() and (
            not self.path.is_dir() or any(not p.name.startswith(".") for p in self.path.iterdir())
        ):
            raise RunError(f"{self.path} is not an empty folder. Choose another one with '--out'.")

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
            raise RunError(
                f"{self.path} is not a run folder: it has no config.json.\nStart one with 'ganzoo train RECIPE'."
            )
        try:
            document = json.loads(self.config_file.read_text(encoding="utf-8"))
            if document["format"] != FORMAT:
                raise ValueError(f"its format is {document['format']!r}, expected {FORMAT}: another ganzoo wrote it")
            resolved = Resolved(TrainConfig.model_validate(document["config"]), dict(document["origins"]))
            return resolved, DataFacts.model_validate(document["data"])
        except ValidationError as error:
            found = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
            raise RunError(f"{self.config_file} cannot be read: {found}") from None
        except KeyError as error:
            raise RunError(f"{self.config_file} cannot be read: it has no {error}") from None
        except (ValueError, TypeError, RecursionError) as error:
            raise RunError(f"{self.config_file} cannot be read: {error}") from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder against a second trainer. Raises RunError if another process holds it."""
        self.path.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.path / ".lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise RunError(
                f"{self.path} is being trained by another process. Wait for it, or choose another folder with '--out'."
            ) from None
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Turn a full disk or a folder taken away into a RunError that says how to go on."""
        try:
            yield
        except OSError as error:
            raise RunError(
                f"{self.path} could not be written: {error.strerror or error}.\n"
                f"Its checkpoints are untouched; make room and go on with 'ganzoo train --resume {self.path}'."
            ) from error

    def log(self, record: Mapping[str, Any]) -> None:
        """Append one line to ``stats.jsonl``."""
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

    def rewind(self, nimg: int) -> None:
        """Forget statistics later than ``nimg`` images: a resumed run writes them again."""
        kept = [record for record in self.stats() if record["nimg"] <= nimg]
        write_whole(self.stats_file, "".join(json.dumps(record) + "\n" for record in kept))


def moment_name(kimg: float) -> str:
    """How what belongs to a moment of a run is named, so that names sort as time: ``kimg000012.500``."""
    return f"kimg{kimg:010.3f}"


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a folder, newest first."""
    return sorted(folder.glob(f"kimg*{CHECKPOINT}"), reverse=True)


def next_run(name: str, root: Path = RUNS) -> Path:
    """An unused folder ``runs/NNNNN-NAME``."""
    numbers = [int(p.name[:5]) for p in root.glob("[0-9][0-9][0-9][0-9][0-9]-*")]
    return root / f"{max(numbers, default=0) + 1:05d}-{name}"


def newest_run(root: Path = RUNS) -> Path:
    """The run that was worked on last. Raises RunError if there is none."""
    found = [path.parent for path in root.glob("*/config.json")]
    if not found:
        raise RunError(f"There is no run in {root}{os.sep}. Start one with 'ganzoo train dcgan-wgangp'.")
    begun = [run for run in found if any((run / "checkpoints").glob("kimg*"))]  # others ended before their first one
    return max(
        begun or found, key=lambda run: max(p.stat().st_mtime for p in (run / "config.json", run / "checkpoints"))
    )
