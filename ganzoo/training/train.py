"""Starting a run, going on with one, and looking at what one would do."""

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
from ganzoo.errors import ConfigError, RunError
from ganzoo.registry import Registry
from ganzoo.runs.checkpoint import newest_checkpoint
from ganzoo.runs.folder import DataFacts, RunFolder, checkpoints
from ganzoo.training.clock import Clock
from ganzoo.training.engine import critic_steps_before, engine_for
from ganzoo.training.host import make_ready
from ganzoo.training.interrupts import Interrupts
from ganzoo.training.journal import Journal, Scorer
from ganzoo.training.loop import play
from ganzoo.training.peers import peers_explained
from ganzoo.training.progress import TrainingProgress
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
    with _together(before.config, folder) as device, _held(run):
        setup = Setup.load(with_budget(before, kimg=kimg, steps=steps), registry, device)
        if DataFacts.of(setup.data).sha256 != facts.sha256:
            raise RunError(
                f"The data of {setup.config.dataset!r} are not those that {folder} was trained on "
                f"({len(setup.data.images)} images now, {facts.images} then).\nBring them back, or start a new run."
            )
        with setup.memory_explained():
            return _go_on(run, setup, facts, scorer)


def prepare(resolved: Resolved, registry: Registry) -> tuple[Resolved, TrainingState]:
    """A game at its start, and the configuration with what its data turned out to be; nothing is written."""
    setup = _alone(resolved, registry)
    with setup.memory_explained():
        setup = setup.with_precision()
        return setup.resolved, setup.build()


def estimate(resolved: Resolved, registry: Registry, *, iterations: int = 3) -> tuple[Resolved, Estimate]:
    """Load the data, build the networks, time a few iterations, write nothing."""
    setup = _alone(resolved, registry)
    with setup.memory_explained():
        setup = setup.with_precision()
        return setup.resolved, _time(setup, iterations)


def _begin(run: RunFolder, setup: Setup, scorer: Scorer | None) -> Outcome:
    setup = setup.with_precision()
    setup = replace(setup, resolved=_anchored(setup.resolved))
    state = setup.build()
    with _held(run), run.writing():
        if ranks.first():
            run.create(setup.resolved, DataFacts.of(setup.data))
        return _train(state, run, scorer)


def _go_on(run: RunFolder, setup: Setup, facts: DataFacts, scorer: Scorer | None) -> Outcome:
    state = setup.build()
    if ranks.told_by_first(bool(checkpoints(run.checkpoints))):
        path = _take_up(state, run)
        scored = state.config.scoring.every is None or run.scores_at(state.nimg / 1000).is_file()
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
        return _train(state, run, scorer)


def _take_up(state: TrainingState, run: RunFolder) -> Path:
    """Load the newest good checkpoint, the same in all processes. Gives its path."""
    path, tensors, counters = newest_checkpoint(run.checkpoints, ranks.say)
    if ranks.told_by_first(path.name) != path.name:
        raise RunError(f"Process {torchrun.number()} sees other checkpoints in {run.path} than process 0 does.")
    state.load(tensors, counters)
    return path


@contextmanager
def _together(config: TrainConfig, folder: Path) -> Iterator[torch.device]:
    """Join the other processes, if torchrun started some. Gives the device that this one trains on."""
    device = pick_device(config.device)
    make_ready()
    with peers_explained(folder), ranks.joined(device):
        yield device


def _alone(resolved: Resolved, registry: Registry) -> Setup:
    """The setup of one process that looks at a game and does not train it."""
    if torchrun.started():
        raise ConfigError(
            "Under torchrun several processes train one game; this measures one process's. Run it without torchrun."
        )
    device = pick_device(resolved.config.device)
    make_ready()
    return Setup.load(resolved, registry, device)


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


def _train(state: TrainingState, run: RunFolder, scorer: Scorer | None) -> Outcome:
    progress = TrainingProgress(nimg=state.nimg, share=state.progress)
    journal = Journal(state, run, progress, None if state.config.scoring.every is None else scorer)
    if state.nimg == 0:
        journal.preview()
        if journal.scorer:  # whatever stands in its way is better known before the work than after it
            journal.save()
            journal.score()
    if ranks.world() > 1:
        ranks.say(f"{ranks.world()} processes, {state.round_size} images at a time in each.")
    begin, first = time.monotonic(), state.nimg
    with Interrupts() as interrupts, progress if ranks.first() else nullcontext():
        play(state, journal, interrupts)
    seconds = time.monotonic() - begin
    pace = (state.nimg - first) / max(seconds, 1e-9)
    return Outcome(run.path, state.nimg, seconds, pace, interrupts.received)


def _time(setup: Setup, iterations: int) -> Estimate:
    state, clock, config = setup.build(), Clock(setup.device), setup.config
    engine = engine_for(state)
    engine.warm_up()
    iterations = -(-iterations // engine.period) * engine.period
    per_iteration = sum(clock(engine.iterate) for _ in range(iterations)) / iterations
    images_per_s = config.n_critic * config.batch_size / per_iteration
    if config.steps is not None:
        shown: float = critic_steps_before(config, config.steps) * config.batch_size
    else:
        shown = 1000 * (config.kimg or 0)
    sizes = [sum(p.numel() for p in network.parameters()) for network in (state.G, state.D)]
    return Estimate(sizes[0], sizes[1], DataFacts.of(setup.data), shown / images_per_s, images_per_s)
