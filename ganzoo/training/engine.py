"""A game played step by step: what is due at each, the batches that feed it, and on CUDA a recording instead of Python."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Protocol

from ganzoo.config import TrainConfig
from ganzoo.training.annealing import anneal, needs_python
from ganzoo.training.data import Taken
from ganzoo.training.ema import ema_decay, update_ema
from ganzoo.training.graphs import PLAYED_FIRST, CudaRecorder, Graphs, Recorder
from ganzoo.training.state import TrainingState
from ganzoo.training.steps import Scalars, needs_real, update_d, update_g


class Update(Protocol):
    """An update of one player, as in ``steps``."""

    def __call__(self, s: TrainingState, taken: Taken | None, *, due: tuple[str, ...]) -> Scalars: ...


class Engine:
    """Plays the steps of one game. All that changes from step to step on the host is counted here.

    With a ``recorder`` steps are recorded and replayed.
    """

    def __init__(self, s: TrainingState, recorder: Recorder | None = None) -> None:
        self.s = s
        self._graphs = None if recorder is None else Graphs(recorder)
        self._real = needs_real(s)

    @property
    def period(self) -> int:
        """Iterations after which lazy techniques come round: what is timed is timed over so many."""
        return math.lcm(*(technique.interval for technique in self.s.techniques.values()))

    def d_step(self) -> Scalars:
        """One update of the discriminator. Returns scalars to log, on the device; they hold until the next one."""
        s = self.s
        scalars = self._play(update_d, self._take(), s.d_steps)
        s.d_steps += 1
        s.nimg += s.config.batch_size
        return scalars

    def g_step(self) -> Scalars:
        """One update of the generator. Returns scalars to log, on the device; they hold until the next one."""
        scalars = self._play(update_g, self._take() if self._real else None, self.s.g_steps)
        self.s.g_steps += 1
        return scalars

    def iterate(self, d_steps: int | None = None, log: Callable[[Scalars], object] | None = None) -> None:
        """One iteration: updates of the discriminator, one of the generator, and one of its average.

        ``d_steps`` are ``n_critic`` unless told, which is the usual pace: a boost is an exception. ``log`` is given each
        update's scalars.
        """
        s = self.s
        begin = s.nimg
        for optimizer, config in ((s.opt_g, s.config.optimizer_g), (s.opt_d, s.config.optimizer_d)):
            anneal(optimizer, config, s.nimg, s.progress, s.lr_scale)
        for _ in range(s.config.n_critic if d_steps is None else d_steps):
            scalars = self.d_step()
            if log:
                log(scalars)
        scalars = self.g_step()
        if log:
            log(scalars)
        decay = ema_decay(s.nimg - begin, s.nimg, s.config.ema_halflife_kimg, s.config.ema_rampup)
        update_ema(s.G_ema, s.G, decay)

    def warm_up(self) -> None:
        """Play until what comes is as quick as it will ever be: the first steps pay for allocations and recordings."""
        for _ in range((PLAYED_FIRST + 1) * self.period if self._graphs else 1):
            self.iterate()

    def _play(self, update: Update, taken: Taken | None, index: int) -> Scalars:
        s = self.s
        s.nimg_here.fill_(s.nimg)
        due = tuple(name for name, technique in s.techniques.items() if index % technique.interval == 0)
        stages = s.grow()
        if self._graphs:
            return self._graphs((update, due, stages), partial(update, s, due=due), taken)
        return update(s, None if taken is None else taken.on(s.device), due=due)

    def _take(self) -> Taken:
        return self.s.data.take(self.s.config.batch_size, self.s.config.accumulate)


def engine_for(s: TrainingState) -> Engine:
    """The quickest engine on the state's device: one that records on CUDA, unless the configuration forbids it."""
    recording = s.device.type == "cuda" and s.config.cuda_graphs
    recording = recording and not (needs_python(s.config.optimizer_g) or needs_python(s.config.optimizer_d))
    return Engine(s, CudaRecorder(s.device, [s.random.generator]) if recording else None)


def critic_steps(config: TrainConfig, g_steps: int) -> int:
    """How many discriminator steps come before generator step ``g_steps`` (from 0)."""
    boost, before = config.critic_boost, 0 if g_steps else config.d_pretraining
    if boost and (g_steps < boost.first or g_steps % boost.every == 0):
        return before + boost.n_critic
    return before + config.n_critic


def images_in_budget(config: TrainConfig) -> float:
    """How many real images the discriminator is shown until the budget is used up."""
    if config.steps is not None:
        return critic_steps_before(config, config.steps) * config.batch_size
    return 1000 * (config.kimg or 0.0)


def critic_steps_before(config: TrainConfig, g_steps: int) -> int:
    """How many discriminator steps come before generator step ``g_steps`` in all: the sum of ``critic_steps``."""
    boost, usual = config.critic_boost, g_steps * config.n_critic
    if g_steps:
        usual += config.d_pretraining
    if not boost:
        return usual
    first = min(boost.first, g_steps)
    later = len(range(-(-first // boost.every) * boost.every, g_steps, boost.every))
    return usual + (first + later) * (boost.n_critic - config.n_critic)
