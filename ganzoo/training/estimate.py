"""Looking at a game without playing it to its end: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo import torchrun
from ganzoo.config import Resolved
from ganzoo.devices import pick_device
from ganzoo.errors import ConfigError
from ganzoo.nn import coarse
from ganzoo.registry import Registry
from ganzoo.runs.folder import DataFacts
from ganzoo.training.clock import Clock
from ganzoo.training.engine import engine_for, images_in_budget
from ganzoo.training.host import make_ready
from ganzoo.training.setup import Setup
from ganzoo.training.state import TrainingState


@dataclass(frozen=True)
class Plan:
    """What a run would be: its configuration with what its data turned out to be, the data, the weights of each player."""

    resolved: Resolved
    facts: DataFacts
    generator_parameters: int
    discriminator_parameters: int
    setup: Setup
    state: TrainingState

    @property
    def growth(self) -> str:
        """A sentence if the budget ends before networks that grow are full-grown, else nothing."""
        return coarse(self.state.G, int(images_in_budget(self.resolved.config)))

    def pace(self, iterations: int = 3) -> tuple[float, float]:
        """Play so many iterations, or a round of lazy techniques: seconds that the budget would take, and images a second.

        Networks that grow are timed full-grown, so that theirs takes less.
        """
        state, clock, config = self.state, Clock(self.setup.device), self.resolved.config
        state.stay_grown()
        with self.setup.memory_explained():
            engine = engine_for(state)
            engine.warm_up()
            iterations = -(-iterations // engine.period) * engine.period
            per_iteration = sum(clock(engine.iterate) for _ in range(iterations)) / iterations
        images_per_s = config.n_critic * config.batch_size / per_iteration
        return images_in_budget(config) / images_per_s, images_per_s


def prepare(resolved: Resolved, registry: Registry) -> tuple[Resolved, TrainingState]:
    """A game at its start, and the configuration with what its data turned out to be; nothing is written."""
    planned = plan(resolved, registry)
    return planned.resolved, planned.state


def plan(resolved: Resolved, registry: Registry) -> Plan:
    """Load the data and build the networks; nothing is written."""
    setup = _alone(resolved, registry)
    with setup.memory_explained():
        setup = setup.with_precision()
        state = setup.build()
    weights_g, weights_d = (sum(p.numel() for p in network.parameters()) for network in (state.G, state.D))
    return Plan(setup.resolved, DataFacts.of(setup.data), weights_g, weights_d, setup, state)


def _alone(resolved: Resolved, registry: Registry) -> Setup:
    """The setup of one process that looks at a game and does not train it."""
    if torchrun.started():
        raise ConfigError(
            "Under torchrun several processes train one game; this measures one process's. Run it without torchrun."
        )
    device = pick_device(resolved.config.device)
    make_ready()
    return Setup.load(resolved, registry, device)
