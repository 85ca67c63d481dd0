"""Which number format trains fastest here: tried for a moment, before the game begins."""

from __future__ import annotations

import statistics
from collections.abc import Mapping

import torch

from ganzoo.config import TrainConfig
from ganzoo.registry import Registry
from ganzoo.specs import ImageData
from ganzoo.training.build import build_state
from ganzoo.training.clock import Clock
from ganzoo.training.engine import engine_for
from ganzoo.training.precision import apply_precision

ROUNDS = 3
WORTH_IT = 1.05  # times as fast as fp32, or a format is not worth its rounding


def time_precisions(config: TrainConfig, registry: Registry, data: ImageData, device: torch.device) -> dict[str, float]:
    """Median seconds of an iteration in fp32, in bf16 and, on CUDA, in tf32; in turns, on games that are thrown away."""
    names = ("fp32", "tf32", "bf16") if device.type == "cuda" else ("fp32", "bf16")
    formats = {name: config.model_copy(update={"precision": name}) for name in names}
    games = {name: engine_for(build_state(format, registry, data, device)) for name, format in formats.items()}
    for game in games.values():
        game.s.stay_grown()
    clock, times = Clock(device), {name: list[float]() for name in names}
    for round_ in range(ROUNDS + 1):
        for name, game in games.items():
            apply_precision(name)
            if round_:
                times[name].append(sum(clock(game.iterate) for _ in range(game.period)) / game.period)
            else:
                game.warm_up()
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def choose_precision(seconds: Mapping[str, float]) -> str:
    """The fastest, or fp32 where none is much faster."""
    fastest = min(seconds, key=lambda name: seconds[name])
    return fastest if seconds["fp32"] > WORTH_IT * seconds[fastest] else "fp32"
