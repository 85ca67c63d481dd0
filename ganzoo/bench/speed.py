"""How fast a recipe trains here, where the time goes, and how that compares with another loop of the same networks."""

from __future__ import annotations

import importlib.util
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from ganzoo.errors import ConfigError
from ganzoo.registry import get_registry
from ganzoo.runs.networks import build_networks
from ganzoo.training.averages import Averages
from ganzoo.training.clock import Clock
from ganzoo.training.data import ResidentData
from ganzoo.training.ema import update_ema
from ganzoo.training.engine import Engine, engine_for
from ganzoo.training.loop import LOG_EVERY_KIMG
from ganzoo.training.state import TrainingState

MATRIX = 2048  # rows and columns of the product that stands for the device's peak
Iteration = Callable[[], object]


@dataclass(frozen=True)
class Speed:
    """Medians over the rounds. An iteration is ``n_critic`` updates of the discriminator and one of the generator.

    ``phases`` are seconds of an iteration: those of "penalty" are what the discriminator's updates cost more with the
    techniques than without. ``flops`` are counted operations of an iteration, ``peak`` is what a large matrix product reaches
    here, in operations per second. ``ratios`` are our images/s over the other loop's, round by round; empty without one.
    """

    images_per_s: float
    iterations_per_s: float
    phases: dict[str, float]
    memory: int
    flops: int
    peak: float
    ratios: tuple[float, ...] = ()

    @property
    def share_of_peak(self) -> float:
        """Counted operations per second over the peak."""
        return self.flops * self.iterations_per_s / self.peak


def measure_speed(s: TrainingState, *, rounds: int, against: Path | None = None) -> Speed:
    """Time iterations of a game, which goes on meanwhile; networks that grow are then full-grown.

    Raises ConfigError for another loop that cannot be used.
    """
    s.stay_grown()
    other = _other_loop(s, against) if against else None
    clock, critic, engine = Clock(s.device), s.config.n_critic, engine_for(s)
    period = engine.period

    def iterations() -> None:
        for _ in range(period):
            engine.iterate()

    def other_iterations() -> None:
        for _ in range(period):
            other()  # type: ignore[misc]  # it is there where this is called

    def d_steps() -> None:
        for _ in range(period):
            engine.d_step()

    averages, scalars = Averages(), engine.g_step()
    between = 1000 * LOG_EVERY_KIMG / (critic * s.config.batch_size)  # iterations from one reading to the next

    def count() -> None:
        for _ in range(critic + 1):
            averages.add(scalars)

    engine.warm_up()
    with _without_techniques(s):
        engine.warm_up()
    if other:
        other()
    times: dict[str, list[float]] = {}
    ratios = []
    for _ in range(rounds):
        whole = clock(iterations) / period
        times.setdefault("iteration", []).append(whole)
        if other:
            ratios.append(clock(other_iterations) / period / whole)
        with_penalty = clock(d_steps) / period
        with _without_techniques(s):
            critic_alone = clock(engine.d_step)
        data = clock(lambda: s.data.images(s.data.take(s.config.batch_size, s.config.accumulate).on(s.device)))
        for phase, seconds in {
            "data": critic * data,
            "critic": critic * (critic_alone - data),
            "penalty": critic * (with_penalty - critic_alone) if s.techniques else 0.0,
            "generator": clock(engine.g_step),
            "EMA": clock(lambda: update_ema(s.G_ema, s.G, 0.999)),
            "logging": clock(count) + clock(averages.read) / between,
        }.items():
            times.setdefault(phase, []).append(seconds)
    medians = {name: statistics.median(values) for name, values in times.items()}
    seconds = medians.pop("iteration")
    with _FlopCounter() as counter:
        for _ in range(period):
            Engine(s).iterate()  # a replayed recording shows no operations
    return Speed(
        images_per_s=critic * s.config.batch_size / seconds,
        iterations_per_s=1 / seconds,
        phases=medians,
        memory=_peak_memory(s.device),
        flops=counter.total // period,
        peak=_peak(s, clock),
        ratios=tuple(ratios),
    )


class _FlopCounter(TorchDispatchMode):
    """Counts the operations of products and convolutions, forward, backward and backward once more.

    By torch's own formulas; its FlopCounterMode hooks into modules, which a gradient penalty's autograd.grad does not bear.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula:
            self.total += formula(*args, **(kwargs or {}), out_val=found)
        return found


@contextmanager
def _without_techniques(s: TrainingState) -> Iterator[None]:
    held, s.techniques = s.techniques, {}
    try:
        yield
    finally:
        s.techniques = held


def _peak(s: TrainingState, clock: Clock) -> float:
    """Operations per second of a matrix product at the game's precision, the best of twenty."""
    dtype = torch.bfloat16 if s.config.precision == "bf16" else torch.float32
    a, b = (torch.randn(MATRIX, MATRIX, device=s.device, dtype=dtype) for _ in range(2))
    return 2 * MATRIX**3 / min(clock(lambda: a @ b) for _ in range(20))


def _peak_memory(device: torch.device) -> int:
    """Bytes: of the device on CUDA, else of the whole process."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    try:
        import resource
    except ImportError:  # Windows
        return 0
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _other_loop(s: TrainingState, path: Path) -> Iteration:
    """``build(config, G, D, images, labels)`` of a Python file: another loop with copies of the networks and data.

    ``images`` are uint8 (N, C, H, W) and ``labels`` int64 (N,) or None on the device; what it returns plays one iteration.
    """
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise ConfigError(f"{path} is no Python file; expected one with build(config, G, D, images, labels).")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not hasattr(module, "build"):
        raise ConfigError(
            f"{path} has no build(config, G, D, images, labels), which gives a function of one iteration."
        )
    if not isinstance(s.data, ResidentData):
        raise ConfigError("These images do not fit on the device, where the other loop looks for them.")
    players = build_networks(s.config, get_registry(), s.image_shape, len(s.class_counts))  # as their family makes them
    for copy, player in zip(players, (s.G, s.D), strict=True):
        copy.load_state_dict(player.state_dict())
        copy.to(s.device, memory_format=torch.channels_last).train()  # type: ignore[call-overload]  # not in its stubs
    built: Iteration = module.build(s.config, *players, s.data.pixels, s.data.labels)
    return built
