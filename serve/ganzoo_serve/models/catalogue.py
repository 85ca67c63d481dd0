"""The models of a server by name and revision, from files and folders that may change meanwhile.

A model is called what its metadata say (``name``, chosen at export), whatever its file is called. Files of one name are its
revisions: the newest file is what the bare name means, the others are reached by ``NAME@REV`` while they are on disk.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import ItemsView, Iterable, Iterator, Mapping, ValuesView
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ganzoo_serve.devices import Device
from ganzoo_serve.errors import DeviceError, ModelError
from ganzoo_serve.models.model import Model, load
from ganzoo_serve.models.trial import Stopped, Trial

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Skipped:
    """A file that could not be loaded, and why."""

    path: Path
    reason: str


class Stamp(NamedTuple):
    """What changes when a file does."""

    modified_ns: int
    size: int
    inode: int


@dataclass(frozen=True)
class _File:
    """What is known of a file: its stamp when it was tried last, the model it gave, and why it gave none then.

    ``unloaded`` is the name of the model that it would give, if that is not wanted.
    """

    stamp: Stamp | None = None
    model: Model | None = None
    reason: str | None = None
    unloaded: str | None = None


class Catalogue(Mapping[str, Model]):
    """The models there are now, by name. Use ``load``.

    ``device`` is where they are asked to run. ``careful``: try every file out in another process first, so that one that
    loops, crashes or eats all memory does no harm.
    """

    def __init__(self, paths: Iterable[Path], *, device: Device, careful: bool = False) -> None:
        self._paths, self.device, self._careful = tuple(paths), device, careful
        self._files: dict[Path, _File] = {}
        self._seen: dict[Path, Stamp] = {}
        self._revisions: dict[str, tuple[Model, ...]] = {}  # the current one first
        self._had: frozenset[str] = frozenset()
        self._refreshing = threading.Lock()
        self.unloaded: frozenset[str] = frozenset()  # names that no file is wanted for, from the next look on

    @classmethod
    def load(cls, paths: Iterable[str | Path], *, device: Device = "auto", careful: bool = False) -> Catalogue:
        """Load files, and from folders ``*.onnx``, ``*/model.onnx`` (model cards) and ``*/N/model.onnx`` (Triton's versions).

        A bad file that was named raises ModelError, and so does having no model at all; a bad file found in a folder is
        logged and kept in ``skipped``.
        """
        catalogue = cls([Path(path) for path in paths], device=device, careful=careful)
        catalogue.fill()
        return catalogue

    def fill(self, trial: Trial | None = None) -> list[Model]:
        """The first look, as ``load`` has it: the models that came. See ``refresh`` for ``trial``."""
        came, _ = self.refresh(settled=False, trial=trial)
        for skipped in self.skipped:
            if skipped.path in self._paths:
                raise ModelError(skipped.reason)
        if not self:
            raise ModelError(_nothing_in(self._paths, self.skipped))
        return came

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be loaded, as they are now."""
        return tuple(
            Skipped(path, file.reason) for path, file in sorted(self._files.items()) if file.reason is not None
        )

    def find(self, name: str, rev: str | None = None) -> Model | None:
        """A model by its name: what the name means now, or that revision of it."""
        revisions = self._revisions.get(name, ())
        if rev is None:
            return revisions[0] if revisions else None
        return next((model for model in revisions if model.rev == rev), None)

    def revisions(self, name: str) -> tuple[Model, ...]:
        """All of a name, the current one first."""
        return self._revisions.get(name, ())

    def every(self) -> tuple[Model, ...]:
        """All revisions of all models."""
        return tuple(model for _, models in sorted(self._revisions.items()) for model in models)

    @property
    def gone(self) -> tuple[str, ...]:
        """The names that there were and are not any more: unloaded, or without a file that can be loaded."""
        return tuple(sorted(self._had - self._revisions.keys()))

    def refresh(self, *, settled: bool = True, trial: Trial | None = None) -> tuple[list[Model], list[Model]]:
        """Look at the files again; load what is new or changed. Returns the models that came and those that went.

        A file that was replaced by a bad one keeps its model. ``settled``: leave a file that changed since the last
        look to the next one, so that it is not read half-written. From one thread at a time; others wait. ``trial`` is for
        whoever may ``stop`` it from another thread: then Stopped is raised, and all is as it was.
        """
        with self._refreshing, trial or Trial() as trial:
            before, found = self._models(), dict(_candidates(self._paths))
            files: dict[Path, _File] = {}
            for path, stamp in found.items():
                trial.go_on()
                file = self._files.get(path, _File())
                if file.unloaded is not None and file.unloaded not in self.unloaded:
                    file = _File()
                if file.stamp != stamp and (not settled or self._seen.get(path) == stamp):
                    # A copy of a file that was loaded has been tried out.
                    known = [each.model for each in [file, *files.values(), *self._files.values()] if each.model]
                    file = self._try(path, stamp, file, trial if self._careful else None, known)
                if file.model is not None and file.model.name in self.unloaded:
                    file = _File(file.stamp, unloaded=file.model.name)
                files[path] = file
            self._seen, self._files = found, files
            self._revisions = _by_name(files)
            self._had |= self._revisions.keys()
            now = self._models()
            return [model for model in now if model not in before], [model for model in before if model not in now]

    # Of one moment, as all that follow: another thread may change what there is between two names.
    def values(self) -> ValuesView[Model]:
        """The current revision of every model."""
        return {name: models[0] for name, models in sorted(self._revisions.items())}.values()

    def items(self) -> ItemsView[str, Model]:
        """The current revision of every model, by name."""
        return {name: models[0] for name, models in sorted(self._revisions.items())}.items()

    def __getitem__(self, name: str) -> Model:
        return self._revisions[name][0]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._revisions))

    def __len__(self) -> int:
        return len(self._revisions)

    def _models(self) -> list[Model]:
        return [file.model for file in self._files.values() if file.model is not None]

    def _try(self, path: Path, stamp: Stamp, before: _File, trial: Trial | None, known: Iterable[Model]) -> _File:
        try:
            file = _File(stamp, load(path, device=self.device, loaded=int(time.time()), trial=trial, known=known))
            if before.reason is not None:
                logger.info("%s can be loaded again.", path)
            return file
        except (DeviceError, Stopped):
            raise
        except Exception as error:  # of whatever kind: one file must not keep the others out
            stays = "" if before.model is None else "\nThe model that it held before is still served."
            raised = path in self._paths and not self._seen  # by ``fill``, at the start
            if not raised:
                logger.warning("Skipped %s: %s%s", path, error, stays)
            return _File(stamp, before.model, str(error) or type(error).__name__)


def _candidates(paths: Iterable[Path]) -> Iterator[tuple[Path, Stamp]]:
    """Every file to try, once, with its stamp."""
    seen: set[Path] = set()
    for path in paths:
        files = sorted(_within(path)) if path.is_dir() else [path]
        for file in files:
            try:
                status = os.stat(file)
            except OSError:
                if file == path:  # named, so its absence has to be said
                    yield file, Stamp(0, 0, 0)
                continue
            if file.resolve() not in seen:
                seen.add(file.resolve())
                yield file, Stamp(status.st_mtime_ns, status.st_size, status.st_ino)


def _within(folder: Path) -> set[Path]:
    versions = {file for file in folder.glob("*/*/model.onnx") if re.fullmatch("[1-9][0-9]*", file.parent.name)}
    return {*folder.glob("*.onnx"), *folder.glob("*/model.onnx")} | versions


def _by_name(files: Mapping[Path, _File]) -> dict[str, tuple[Model, ...]]:
    newest_first = sorted(files.items(), key=lambda item: (item[1].stamp or (), str(item[0])), reverse=True)
    revisions: dict[str, dict[str, Model]] = {}
    for _, file in newest_first:
        if file.model is not None:
            revisions.setdefault(file.model.name, {}).setdefault(file.model.rev, file.model)  # a copy is no revision
    return {name: tuple(models.values()) for name, models in revisions.items()}


def _nothing_in(paths: Iterable[Path], skipped: Iterable[Skipped]) -> str:
    where = ", ".join(map(str, paths)) or "no path at all"
    reasons = "".join(f"\n  {skip.path}: {skip.reason.splitlines()[0]}" for skip in skipped)
    return (
        f"No model to serve in {where}: expected .onnx files, or a folder with NAME.onnx, NAME/model.onnx or, as in Triton's "
        f"repositories, NAME/1/model.onnx.{reasons}\n"
        "Make one with 'ganzoo export RUN'."
    )
