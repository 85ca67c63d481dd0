"""From what a user names to what is scored: an exported file, a run, or images."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ganzoo.data.identity import public_name
from ganzoo.data.load import load_dataset
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.evaluation.sources import Images, Model, Source
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder, checkpoints, moment_name
from ganzoo_serve.errors import ModelError
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import read


@dataclass(frozen=True)
class Subject:
    """What is scored, and what it says of the data that it was trained on; ``run`` is its run folder, if it has one."""

    source: Source
    run: RunFolder | None = None
    dataset: str | None = None
    data_dir: Path | None = None


@contextmanager
def open_subject(
    named: str, registry: Registry, *, device: Literal["auto", "cpu", "cuda"] = "auto", best: bool = False
) -> Iterator[Subject]:
    """Open ``MODEL.onnx``, a run folder, or images as ``folder:PATH``. Raises GanzooError or ModelError.

    ``best``: of a run, the checkpoint that scored best while it trained, instead of the newest.
    """
    kind, colon, _ = named.partition(":")
    path = Path(named).expanduser()
    if best and not (path / "config.json").is_file():
        raise ConfigError(f"{named} is no run folder, so it has no best checkpoint: leave '--best' out.")
    if path.is_file():
        generator = Generator.load(path, device=device)
        yield Subject(Model(generator), _run_of(path), dataset=_trained_on(generator, registry))
    elif (path / "config.json").is_file():
        run = RunFolder(path)
        resolved, _ = run.read_config()
        with _exported(run, registry, best=best) as file:
            generator = Generator.load(file, device=device)
            yield Subject(Model(generator), run, resolved.config.dataset, resolved.config.data_dir)
    elif colon and kind in registry.datasets:
        yield Subject(Images(public_name(named), load_dataset(named, registry)))
    else:
        hint = f"; for a folder of images write 'folder:{named}'" if path.is_dir() else ""
        raise ConfigError(
            f"There is nothing to score at {named}.\n"
            f"Expected a MODEL.onnx, a run folder, or images as folder:PATH{hint}."
        )


def _run_of(file: Path) -> RunFolder | None:
    """The run whose exported file this is, if it lies where 'ganzoo export' puts it."""
    run = RunFolder(file.parent)
    return run if file == run.model and run.checkpoints.is_dir() and _is_of_newest(run) else None


@contextmanager
def _exported(run: RunFolder, registry: Registry, *, best: bool) -> Iterator[Path]:
    """The run's exported file if it is of that checkpoint, else a fresh one that is gone afterwards."""
    from ganzoo.export import export_run  # torch loads here

    if not best and run.model.is_file() and _is_of_newest(run):
        yield run.model
        return
    with tempfile.TemporaryDirectory(prefix="ganzoo-") as folder:
        yield export_run(run.path, registry, path=Path(folder) / "model.onnx", best=best).path


def _is_of_newest(run: RunFolder) -> bool:
    """Whether the run's exported file is of its newest checkpoint, and not another run's that was laid there."""
    kept, config = checkpoints(run.checkpoints), run.read_config()[0].config
    try:
        training = read(run.model).training
    except ModelError:
        return False
    if not (kept and training and training.kimg is not None):
        return False
    same = (training.recipe, training.seed) == (config.recipe, config.seed)
    return same and moment_name(training.kimg) == kept[0].stem


def _trained_on(generator: Generator, registry: Registry) -> str | None:
    data = generator.metadata.dataset
    if data is None or data.name not in registry.datasets or registry.datasets.get(data.name).takes_path:
        return None
    return data.name


def dataset_of(subject: Subject, asked: str | None) -> str:
    """The data set to compare with: the one asked for, or the one it was trained on. Raises GanzooError without either."""
    name = asked or subject.dataset
    if name is None:
        raise GanzooError(
            f"{subject.source.scored.name} does not say which data set it was trained on.\n"
            "Expected '--dataset NAME', for example '--dataset mnist' or '--dataset folder:photos'."
        )
    return name
