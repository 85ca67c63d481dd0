"""The training loop."""

from __future__ import annotations

import math
import time

from ganzoo import ranks
from ganzoo.training.averages import Averages
from ganzoo.training.engine import critic_steps, engine_for
from ganzoo.training.interrupts import Interrupts
from ganzoo.training.journal import Journal
from ganzoo.training.state import TrainingState

LOG_EVERY_KIMG = 1.0


def play(s: TrainingState, journal: Journal, interrupts: Interrupts) -> None:
    """Play the game until its budget is used up, a rule is fulfilled or a signal asks to stop. Raises Diverged."""
    config, engine, averages, pace = s.config, engine_for(s), Averages(), Pace()
    reason = None
    while not (s.finished or reason or _asked_to_stop(interrupts)):
        begin = s.nimg
        engine.iterate(critic_steps(config, s.g_steps), averages.add)
        pace.step()

        if due(LOG_EVERY_KIMG, begin, s.nimg) or s.finished:
            means = averages.read()  # which waits for the device: before that, no time is known
            journal.losses(means, ms_per_step=pace.read())
        looking = config.diagnose_every is not None and due(config.diagnose_every, begin, s.nimg)
        if looking or s.finished:
            journal.look()
        if due(config.sample_every, begin, s.nimg) or s.g_steps in config.sample_steps or s.finished:
            journal.preview()
        if s.finished:
            break
        scoring = config.scoring.every is not None and due(config.scoring.every, begin, s.nimg)
        scoring = scoring or s.g_steps in config.scoring.steps
        if scoring or due(config.checkpoint_every, begin, s.nimg):
            journal.save()
        if scoring:
            journal.score()
        if looking or scoring:
            reason = journal.reason_to_stop()
        pace.go_on()
    if reason:
        journal.preview()
    journal.save()
    if s.finished or reason:
        journal.score()
    if reason:  # the last line, once all that belongs to the end is there
        journal.note("stopped", reason)


class Pace:
    """How long steps take, without what is done between them."""

    def __init__(self) -> None:
        self._seconds, self._steps, self._begin = 0.0, 0, time.perf_counter()

    def step(self) -> None:
        """Count one that was just played."""
        now = time.perf_counter()
        self._seconds, self._begin, self._steps = self._seconds + now - self._begin, now, self._steps + 1

    def go_on(self) -> None:
        """Forget the time since the last step or reading."""
        self._begin = time.perf_counter()

    def read(self) -> float:
        """Milliseconds a step since the last reading; the device is done with them."""
        self._seconds += time.perf_counter() - self._begin
        mean = 1000 * self._seconds / max(self._steps, 1)
        self._seconds, self._steps, self._begin = 0.0, 0, time.perf_counter()
        return mean


def due(every_kimg: float, before: int, now: int) -> bool:
    """Whether a multiple of ``every_kimg`` lies in (before, now] images: a function of the count alone, so resuming keeps it."""
    return math.floor(now / (1000 * every_kimg)) > math.floor(before / (1000 * every_kimg))


def _asked_to_stop(interrupts: Interrupts) -> bool:
    """Whether a signal reached any of the processes: they stop at the same step."""
    heard = ranks.largest(interrupts.received or 0)
    if heard:  # a signal that comes only now must not be forgotten: the next time it is heard
        interrupts.received = heard
    return bool(heard)
