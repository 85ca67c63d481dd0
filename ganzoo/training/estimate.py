"""Looking at a game without playing it to its end: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo import torchrun
from ganzoo.config import Resolved
from ganzoo.devices import pick_device
from ganzoo.errors import ConfigError
from ganzoo.registry import Registry
from ganzoo.runs.folder import DataFacts
from ganzoo.training.clock import Clock
from ganzoo.training.engine import engine_for, images_in_budget
from ganzoo.training.host import make_ready
from ganzoo.training.setup import Setup
from ganzoo.training.state import TrainingState


@dataclass(frozen=True)
class Estimate:
    """What a run would be: parameters of each player, data, and time in seconds from a few measured iterations."""

    generator_parameters: int
    discriminator_parameters: int
    facts: DataFacts
    seconds: float
    images_per_s: float


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


def _alone(resolved: Resolved, registry: Registry) -> Setup:
    """The setup of one process that looks at a game and does not train it."""
    if torchrun.started():
        raise ConfigError(
            "Under torchrun several processes train one game; this measures one process's. Run it without torchrun."
        )
    device = pick_device(resolved.config.device)
    make_ready()
    return Setup.load(resolved, registry, device)


def _time(setup: Setup, iterations: int) -> Estimate:
    state, clock, config = setup.build(), Clock(setup.device), setup.config
    engine = engine_for(state)
    engine.warm_up()
    iterations = -(-iterations // engine.period) * engine.period
    per_iteration = sum(clock(engine.iterate) for _ in range(iterations)) / iterations
    images_per_s = config.n_critic * config.batch_size / per_iteration
    sizes = [sum(p.numel() for p in network.parameters()) for network in (state.G, state.D)]
    return Estimate(sizes[0], sizes[1], DataFacts.of(setup.data), images_in_budget(config) / images_per_s, images_per_s)
