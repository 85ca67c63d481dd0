"""Starting a run, going on with one, and looking at what one would do."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ganzoo.config import Resolved, TrainConfig, with_budget
from ganzoo.data.load import load_dataset
from ganzoo.devices import pick_device
from ganzoo.errors import GanzooError, RunError
from ganzoo.registry import Registry
from ganzoo.runs.checkpoint import newest_checkpoint
from ganzoo.runs.folder import DataFacts, RunFolder, checkpoints, moment_name
from ganzoo.specs import ImageData
from ganzoo.training.interrupts import Interrupts
from ganzoo.training.loop import Scorer, critic_steps_before, play, save, score
from ganzoo.training.precision import apply_precision
from ganzoo.training.preview import save_preview
from ganzoo.training.progress import TrainingProgress
from ganzoo.training.quickest import choose_precision, time_precisions
from ganzoo.training.state import TrainingState, build_state
from ganzoo.training.steps import iterate

OUT_OF_MEMORY = re.compile(r"out of memory|(can't|cannot|failed to|unable to) allocate memory", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """How a training ended. ``signal`` is the one that asked it to stop, or None."""

    run: Path
    nimg: int
    seconds: float
    images_per_s: float
    signal: int | None = None


@dataclass(frozen=True)
class Estimate:
    """What a run would be: parameters of each player, data, and time in seconds from a few measured iterations."""

    generator_parameters: int
    discriminator_parameters: int
    facts: DataFacts
    seconds: float
    images_per_s: float


def start(resolved: Resolved, registry: Registry, folder: Path, *, scorer: Scorer | None = None) -> Outcome:
    """Train from the beginning in a new run folder. Raises GanzooError for everything that a user can put right.

    ``scorer`` measures the newest checkpoint of the run that it is given, as often as ``scoring.every`` says.
    """
    run = RunFolder(folder)
    run.require_free()
    data, resolved = _ready(resolved, registry)
    resolved = _anchored(resolved)
    state = _build(resolved.config, registry, data)
    with run.locked(), run.writing():
        run.create(resolved, DataFacts.of(data))
        return _train(state, run, scorer)


def resume(
    folder: Path,
    registry: Registry,
    *,
    kimg: float | None = None,
    steps: int | None = None,
    scorer: Scorer | None = None,
) -> Outcome:
    """Go on from the newest good checkpoint as if the run had not stopped; ``kimg`` or ``steps`` sets a new budget.

    Raises RunError if the folder holds no run, is busy, or its data are no longer what they were.
    """
    run = RunFolder(folder)
    before, facts = run.read_config()
    with run.locked():
        data, resolved = _load(with_budget(before, kimg=kimg, steps=steps), registry)
        if DataFacts.of(data).sha256 != facts.sha256:
            raise RunError(
                f"The data of {resolved.config.dataset!r} are not those that {folder} was trained on "
                f"({len(data.images)} images, then {facts.images}).\nBring them back, or start a new run."
            )
        state = _build(resolved.config, registry, data)
        if checkpoints(run.checkpoints):
            path, tensors, counters = newest_checkpoint(run.checkpoints, _say)
            state.load(tensors, counters)
            done = f"its budget is used up after {state.nimg / 1000:g} kimg: give a larger '--kimg' or '--steps'"
            _say(f"Nothing to do: {done}." if state.finished else f"Going on from {path.name}.")
            scored = state.config.scoring.every is None or run.scores_at(state.nimg / 1000).is_file()
            if state.finished and (scored or scorer is None):
                return Outcome(run.path, state.nimg, 0.0, 0.0)
        else:  # it was stopped before its first one, and the beginning is a function of the configuration
            _say("There is no checkpoint yet: starting from the beginning.")
        with run.writing():
            run.write_config(resolved, facts)
            run.rewind(state.nimg)
            return _train(state, run, scorer)


def prepare(resolved: Resolved, registry: Registry) -> tuple[Resolved, TrainingState]:
    """A game at its start, and the configuration with what its data turned out to be; nothing is written."""
    data, resolved = _ready(resolved, registry)
    return resolved, _build(resolved.config, registry, data)


def estimate(resolved: Resolved, registry: Registry, *, iterations: int = 3) -> tuple[Resolved, Estimate]:
    """Load the data, build the networks, time a few iterations, write nothing."""
    data, resolved = _ready(resolved, registry)
    config = resolved.config
    state = _build(config, registry, data)
    with _explained(config):
        for i in range(iterations + 1):
            if i == 1:  # the first iteration pays for allocations
                begin = time.monotonic()
            iterate(state)
    per_iteration = (time.monotonic() - begin) / iterations
    images_per_s = config.n_critic * config.batch_size / per_iteration
    if config.steps is not None:
        shown: float = critic_steps_before(config, config.steps) * config.batch_size
    else:
        shown = 1000 * (config.kimg or 0)
    sizes = [sum(p.numel() for p in network.parameters()) for network in (state.G, state.D)]
    return resolved, Estimate(sizes[0], sizes[1], DataFacts.of(data), shown / images_per_s, images_per_s)


def _load(resolved: Resolved, registry: Registry) -> tuple[ImageData, Resolved]:
    """The images, and the configuration with the size and channels that they turned out to have."""
    config = resolved.config
    data = load_dataset(
        config.dataset, registry, resolution=config.resolution, channels=config.channels, data_dir=config.data_dir
    )
    found = {"resolution": data.images.shape[1], "channels": data.images.shape[3]}
    settled = {key: value for key, value in found.items() if getattr(config, key) is None}
    origins = {**resolved.origins, **dict.fromkeys(settled, f"data set {config.dataset.partition(':')[0]}")}
    return data, replace(resolved, config=config.model_copy(update=settled), origins=origins)


def _ready(resolved: Resolved, registry: Registry) -> tuple[ImageData, Resolved]:
    """The images, and the configuration with nothing left to find out."""
    data, resolved = _load(resolved, registry)
    return data, _with_precision(resolved, registry, data)


def _with_precision(resolved: Resolved, registry: Registry, data: ImageData) -> Resolved:
    """The configuration with a number format in place of "auto": what is quickest here."""
    config = resolved.config
    if config.precision != "auto":
        return resolved
    with _explained(config):
        seconds = time_precisions(config, registry, data, pick_device(config.device))
    chosen = choose_precision(seconds)
    found = ", ".join(f"{name} {1000 * s:.0f} ms an iteration" for name, s in seconds.items())
    _say(f"Precision {chosen}: {found}.")
    origins = {**resolved.origins, "precision": "measured here"}
    return replace(resolved, config=config.model_copy(update={"precision": chosen}), origins=origins)


def _build(config: TrainConfig, registry: Registry, data: ImageData) -> TrainingState:
    apply_precision(config.precision)
    with _explained(config):
        return build_state(config, registry, data, pick_device(config.device))


def _anchored(resolved: Resolved) -> Resolved:
    """The configuration with absolute paths, so that the run can go on from another working folder."""
    config = resolved.config
    kind, _, path = config.dataset.partition(":")
    found: dict[str, object] = {"dataset": f"{kind}:{Path(path).expanduser().resolve()}"} if path else {}
    if config.data_dir is not None:
        found["data_dir"] = config.data_dir.expanduser().resolve()
    return replace(resolved, config=config.model_copy(update=found))


def _train(state: TrainingState, run: RunFolder, scorer: Scorer | None) -> Outcome:
    if state.config.scoring.every is None:
        scorer = None
    if state.nimg == 0:
        save_preview(state, run.samples / f"{moment_name(0)}.png")
        if scorer:  # whatever stands in its way is better known before the work than after it
            save(state, run)
            score(state, run, scorer)
    begin, first = time.monotonic(), state.nimg
    progress = TrainingProgress(nimg=state.nimg, share=state.progress)
    with _explained(state.config), Interrupts() as interrupts, progress:
        play(state, run, progress, interrupts, scorer)
    seconds = time.monotonic() - begin
    pace = (state.nimg - first) / max(seconds, 1e-9)
    return Outcome(run.path, state.nimg, seconds, pace, interrupts.received)


@contextmanager
def _explained(config: TrainConfig) -> Iterator[None]:
    """Turn an exhausted memory into a sentence that names the option to change."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        if not isinstance(error, torch.OutOfMemoryError | MemoryError) and not OUT_OF_MEMORY.search(str(error)):
            raise
        smaller = max(config.batch_size // 2, 2)
        raise GanzooError(
            f"Out of memory at batch size {config.batch_size} and {config.resolution} pixels.\n"
            f"Try '--batch-size {smaller}', a smaller '--resolution' or narrower networks ('ganzoo list architectures'). "
            "Checkpoints that were written are good."
        ) from error


def _say(text: str) -> None:
    print(text, file=sys.stderr)
