"""The training loop."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TypeAlias

import torch
from torch import Tensor

from ganzoo.config import TrainConfig
from ganzoo.errors import Diverged
from ganzoo.runs.checkpoint import save_checkpoint
from ganzoo.runs.folder import RunFolder, checkpoints, moment_name
from ganzoo.training.ema import ema_decay, update_ema
from ganzoo.training.interrupts import Interrupts
from ganzoo.training.preview import save_preview
from ganzoo.training.progress import TrainingProgress
from ganzoo.training.state import TrainingState
from ganzoo.training.steps import d_step, g_step

LOG_EVERY_KIMG = 1.0
Scorer: TypeAlias = Callable[[RunFolder], Mapping[str, float]]  # of the newest checkpoint


def play(
    s: TrainingState, run: RunFolder, progress: TrainingProgress, interrupts: Interrupts, scorer: Scorer | None
) -> None:
    """Play the game until its budget is used up or a signal asks to stop; ``scorer`` looks on. Raises Diverged."""
    config, averages = s.config, Averages()
    while not s.finished and interrupts.received is None:
        begin = s.nimg
        for _ in range(critic_steps(config, s.g_steps)):
            averages.add(d_step(s))
        averages.add(g_step(s))
        update_ema(s.G_ema, s.G, ema_decay(s.nimg - begin, s.nimg, config.ema_halflife_kimg, config.ema_rampup))

        if due(LOG_EVERY_KIMG, begin, s.nimg) or s.finished:
            losses = averages.read()
            progress.update(nimg=s.nimg, g_steps=s.g_steps, share=s.progress, losses=losses)
            require_finite(losses, s, run)
            run.log({"nimg": s.nimg, "g_steps": s.g_steps, "images_per_s": progress.images_per_s(s.nimg), **losses})
        if due(config.sample_every, begin, s.nimg) or s.finished:
            save_preview(s, run.samples / f"{moment_name(s.nimg / 1000)}.png")
        if s.finished:
            break
        scoring = scorer and config.scoring.every and due(config.scoring.every, begin, s.nimg)
        if scoring or due(config.checkpoint_every, begin, s.nimg):
            save(s, run)
        if scoring:
            score(s, run, scorer)
    save(s, run)
    if s.finished:
        score(s, run, scorer)


def save(s: TrainingState, run: RunFolder) -> None:
    """Write a checkpoint, unless a weight is no finite number: a bad one must not take a good one's place."""
    weights = [*s.G.parameters(), *s.D.parameters(), *s.G_ema.parameters()]
    finite = torch.stack([weight.detach().isfinite().all() for weight in weights]).all()
    require_finite({"a weight": 0.0 if finite else math.nan}, s, run)
    save_checkpoint(run.checkpoints, *s.state(), nimg=s.nimg, keep=s.config.keep_checkpoints)


def score(s: TrainingState, run: RunFolder, scorer: Scorer | None) -> None:
    """Have the newest checkpoint measured, and log what was found; the game's random numbers stay as they are."""
    if scorer is None:
        return
    with torch.random.fork_rng(devices=[s.device] if s.device.type == "cuda" else []):
        run.log({"nimg": s.nimg, "g_steps": s.g_steps, **scorer(run)})


def require_finite(values: dict[str, float], s: TrainingState, run: RunFolder) -> None:
    """Raise Diverged, naming the last good checkpoint and what to change, if a value is NaN or infinite."""
    bad = [name for name, value in values.items() if not math.isfinite(value)]
    if not bad:
        return
    kept = checkpoints(run.checkpoints)
    raise Diverged(
        f"The game diverged: {', '.join(bad)} became NaN or infinite before {s.nimg / 1000:.1f} kimg.\n"
        f"The last good checkpoint is {kept[0] if kept else 'none: it happened before the first'}.\n"
        f"Try a lower learning rate (now --set optimizer_g.lr={s.config.optimizer_g.lr:g} "
        f"--set optimizer_d.lr={s.config.optimizer_d.lr:g}), '--precision fp32', or '--regularizer r1'."
    )


def critic_steps(config: TrainConfig, g_steps: int) -> int:
    """How many discriminator steps come before generator step ``g_steps`` (from 0)."""
    boost = config.critic_boost
    if boost and (g_steps < boost.first or g_steps % boost.every == 0):
        return boost.n_critic
    return config.n_critic


def critic_steps_before(config: TrainConfig, g_steps: int) -> int:
    """How many discriminator steps come before generator step ``g_steps`` in all: the sum of ``critic_steps``."""
    boost = config.critic_boost
    if not boost:
        return g_steps * config.n_critic
    first = min(boost.first, g_steps)
    later = len(range(-(-first // boost.every) * boost.every, g_steps, boost.every))
    return g_steps * config.n_critic + (first + later) * (boost.n_critic - config.n_critic)


def due(every_kimg: float, before: int, now: int) -> bool:
    """Whether a multiple of ``every_kimg`` lies in (before, now] images: a function of the count alone, so resuming keeps it."""
    return math.floor(now / (1000 * every_kimg)) > math.floor(before / (1000 * every_kimg))


class Averages:
    """Running means of logged scalars that stay on the device until they are read."""

    def __init__(self) -> None:
        self._sums: dict[str, tuple[Tensor, int]] = {}

    def add(self, scalars: dict[str, Tensor]) -> None:
        for name, value in scalars.items():
            total, count = self._sums.get(name, (0.0, 0))
            self._sums[name] = (total + value, count + 1)

    def read(self) -> dict[str, float]:
        """The means since the last reading."""
        means = {name: float(total) / count for name, (total, count) in self._sums.items()}
        self._sums.clear()
        return means
