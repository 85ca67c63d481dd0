"""Starting a run, and going on with one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from ganzoo import ranks, torchrun
from ganzoo.config import Resolved, TrainConfig, with_budget
from ganzoo.devices import pick_device
from ganzoo.errors import Diverged, RunError
from ganzoo.nn import coarse
from ganzoo.registry import Registry
from ganzoo.runs.folder import DataFacts, RunFolder, checkpoints
from ganzoo.training.engine import images_in_budget
from ganzoo.training.host import make_ready
from ganzoo.training.interrupts import Interrupts
from ganzoo.training.journal import Journal, Scorer
from ganzoo.training.loop import play
from ganzoo.training.peers import peers_explained
from ganzoo.training.probe import Probe
from ganzoo.training.progress import TrainingProgress
from ganzoo.training.restore import take_back, take_up
from ganzoo.training.setup import Setup
from ganzoo.training.state import TrainingState


@dataclass(frozen=True)
class Outcome:
    """How a training ended. ``signal`` is the one that asked it to stop, or None."""

    run: Path
    nimg: int
    seconds: float
    images_per_s: float
    signal: int | None = None


def start(resolved: Resolved, registry: Registry, folder: Path, *, scorer: Scorer | None = None) -> Outcome:
    """Train from the beginning in a new run folder. Raises GanzooError for everything that a user can put right.

    ``scorer`` measures the newest checkpoint of the run that it is given, as often as ``scoring.every`` says. Under torchrun
    all processes call this alike; those that it started again go on with the run.
    """
    run = RunFolder(folder)
    if torchrun.restarts() and run.config_file.is_file():
        return resume(folder, registry, scorer=scorer)
    with _together(resolved.config, folder) as device:
        if ranks.first():
            run.require_free()
        setup = Setup.load(resolved, registry, device)
        if setup.lost:
            ranks.say(setup.lost)
        with setup.memory_explained():
            return _begin(run, setup, scorer)


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
    stopped = run.stopped()
    if stopped and kimg is None and steps is None:
        ranks.say(
            f"Nothing to do: it stopped by {stopped}. Go on in spite of it with a budget by '--kimg' or '--steps'."
        )
        return Outcome(folder, run.stats()[-1]["nimg"], 0.0, 0.0)
    with _together(before.config, folder) as device, _held(run):
        setup = Setup.load(with_budget(before, kimg=kimg, steps=steps), registry, device)
        if DataFacts.of(setup.data).sha256 != facts.sha256:
            raise RunError(
                f"The data of {setup.config.dataset!r} are not those that {folder} was trained on "
                f"({DataFacts.of(setup.data).size} now, {facts.size} then).\nBring them back, or start a new run."
            )
        with setup.memory_explained():
            return _go_on(run, setup, facts, scorer)


def _begin(run: RunFolder, setup: Setup, scorer: Scorer | None) -> Outcome:
    setup = setup.with_precision()
    setup = replace(setup, resolved=_anchored(setup.resolved))
    state, probe = setup.build(), setup.probe()
    with _held(run), run.writing():
        if ranks.first():
            run.create(setup.resolved, DataFacts.of(setup.data))
        return _train(state, run, scorer, probe)


def _go_on(run: RunFolder, setup: Setup, facts: DataFacts, scorer: Scorer | None) -> Outcome:
    state, probe = setup.build(), setup.probe()
    if ranks.told_by_first(bool(checkpoints(run.checkpoints))):
        path = take_up(state, run)
        scored = not state.config.scoring.wanted or run.scores_at(state.nimg / 1000).is_file()
        if state.finished and ranks.told_by_first(scored or scorer is None):
            done = f"its budget is used up after {state.nimg / 1000:g} kimg: give a larger '--kimg' or '--steps'"
            ranks.say(f"Nothing to do: {done}.")
            return Outcome(run.path, state.nimg, 0.0, 0.0)
        ranks.say(f"Going on from {path.name}.")
    else:  # it was stopped before its first one, and the beginning is a function of the configuration
        ranks.say("There is no checkpoint yet: starting from the beginning.")
    with run.writing():
        if ranks.first():
            run.write_config(setup.resolved, facts)
            run.rewind(state.nimg)
        return _train(state, run, scorer, probe)


@contextmanager
def _together(config: TrainConfig, folder: Path) -> Iterator[torch.device]:
    """Join the other processes, if torchrun started some. Gives the device that this one trains on."""
    device = pick_device(config.device)
    make_ready()
    with peers_explained(folder), ranks.joined(device):
        yield device


def _held(run: RunFolder) -> AbstractContextManager[None]:
    """The folder held against a second training, by the one process of this one that writes."""
    return run.locked() if ranks.first() else nullcontext()


def _anchored(resolved: Resolved) -> Resolved:
    """The configuration with absolute paths, so that the run can go on from another working folder."""
    config = resolved.config
    kind, _, path = config.dataset.partition(":")
    found: dict[str, object] = {"dataset": f"{kind}:{Path(path).expanduser().resolve()}"} if path else {}
    if config.data_dir is not None:
        found["data_dir"] = config.data_dir.expanduser().resolve()
    return replace(resolved, config=config.model_copy(update=found))


def _train(state: TrainingState, run: RunFolder, scorer: Scorer | None, probe: Probe | None) -> Outcome:
    progress = TrainingProgress(nimg=state.nimg, share=state.progress)
    journal = Journal(state, run, progress, scorer if state.config.scoring.wanted else None, probe)
    if state.nimg == 0:
        journal.preview()
        if journal.scorer or state.config.rollback.times:
            journal.save()
        journal.score()  # whatever stands in its way is better known before the work than after it
    if ranks.world() > 1:
        ranks.say(f"{ranks.world()} processes, {state.round_size} images at a time in each.")
    growth = coarse(state.G, int(images_in_budget(state.config)))
    if growth:
        ranks.say(growth)
    begin, first = time.monotonic(), state.nimg
    with Interrupts() as interrupts, progress if ranks.first() else nullcontext():
        while True:
            try:
                play(state, journal, interrupts)
                break
            except Diverged as error:
                take_back(state, run, journal, error)
    seconds = time.monotonic() - begin
    pace = (state.nimg - first) / max(seconds, 1e-9)
    return Outcome(run.path, state.nimg, seconds, pace, interrupts.received)
