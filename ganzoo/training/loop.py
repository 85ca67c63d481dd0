"""The training loop."""

from __future__ import annotations

import math

from ganzoo import ranks
from ganzoo.training.averages import Averages
from ganzoo.training.engine import critic_steps, engine_for
from ganzoo.training.interrupts import Interrupts
from ganzoo.training.journal import Journal
from ganzoo.training.state import TrainingState

LOG_EVERY_KIMG = 1.0


def play(s: TrainingState, journal: Journal, interrupts: Interrupts) -> None:
    """Play the game until its budget is used up or a signal asks to stop. Raises Diverged."""
    config, engine, averages = s.config, engine_for(s), Averages()
    while not s.finished and not _asked_to_stop(interrupts):
        begin = s.nimg
        engine.iterate(critic_steps(config, s.g_steps), averages.add)

        if due(LOG_EVERY_KIMG, begin, s.nimg) or s.finished:
            journal.losses(averages.read())
        if due(config.sample_every, begin, s.nimg) or s.finished:
            journal.preview()
        if s.finished:
            break
        scoring = config.scoring.every is not None and due(config.scoring.every, begin, s.nimg)
        if scoring or due(config.checkpoint_every, begin, s.nimg):
            journal.save()
        if scoring:
            journal.score()
    journal.save()
    if s.finished:
        journal.score()


def due(every_kimg: float, before: int, now: int) -> bool:
    """Whether a multiple of ``every_kimg`` lies in (before, now] images: a function of the count alone, so resuming keeps it."""
    return math.floor(now / (1000 * every_kimg)) > math.floor(before / (1000 * every_kimg))


def _asked_to_stop(interrupts: Interrupts) -> bool:
    """Whether a signal reached any of the processes: they stop at the same step."""
    heard = ranks.largest(interrupts.received or 0)
    if heard:  # a signal that comes only now must not be forgotten: the next time it is heard
        interrupts.received = heard
    return bool(heard)
