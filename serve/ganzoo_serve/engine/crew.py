"""The threads of one device: they take what waits, draw it, encode it and hand it back.

ONNX Runtime and the encoders release the GIL, so threads are enough.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.fair_queue import FairQueue, Job, Share
from ganzoo_serve.engine.watch import Watch
from ganzoo_serve.errors import LateError
from ganzoo_serve.generator import Generator, Images

# How much of the last runs is left in the averages after each new one.
_MEMORY = 0.9


class Work(Job):
    """A drawing that waits for its turn. ``finish`` is called with every image (h, w, c), in the thread that drew it."""

    def __init__(self, drawing: Drawing, finish: Callable[[Images], Any], *, deadline: float = math.inf) -> None:
        generator = drawing.generator
        super().__init__(generator, (generator, drawing.truncation), len(drawing), deadline)
        self.drawing, self.finish, self.entered = drawing, finish, time.monotonic()


@dataclass(frozen=True)
class Outcome:
    """What became of samples ``start`` ... of a work: what ``finish`` made of each, or why nothing."""

    work: Work
    start: int
    results: Sequence[Any]
    failure: Exception | None = None


class Crew:
    """``count`` threads over one queue. ``hand_over`` gets the outcomes of each run, in the thread that drew them."""

    def __init__(self, count: int, hand_over: Callable[[list[Outcome]], None], watch: Watch | None = None) -> None:
        self.count = count
        self._hand_over, self._watch = hand_over, watch or Watch()
        self._queue = FairQueue()
        self._changed = threading.Condition()
        self._idle = 0
        self._closing = False
        # Of a thread's time, by model; weakly, or a model that went away would stay.
        self._seconds_each: WeakKeyDictionary[Hashable, float] = WeakKeyDictionary()
        self._threads: list[threading.Thread] = []

    @contextmanager
    def queue(self) -> Iterator[FairQueue]:
        """The queue, locked."""
        with self._changed:
            yield self._queue

    def add(self, work: Work, check: Callable[[FairQueue], None] = lambda _: None) -> None:
        """Queue it, unless ``check``ing the queue raises; the first work starts the threads.

        Raises RuntimeError when they have been told to end.
        """
        with self._changed:
            if self._closing:
                raise RuntimeError("The engine is closed.")
            check(self._queue)
            if not self._threads:
                self._start()
            self._queue.add(work)
            if self._idle:
                self._changed.notify(min(self._idle, work.samples))

    def drop(self, work: Work) -> None:
        """Draw no more of it."""
        with self._changed:
            self._queue.drop(work)

    def seconds_waiting(self, queue: FairQueue) -> float:
        """How long what waits will take, at the pace of late."""
        return self._seconds(queue.by_model())

    def seconds_before(self, queue: FairQueue, work: Work) -> float:
        """How long it will take at most until the last of a work would be begun, if it came now."""
        return self._seconds(queue.before(work, lambda lane: lane[0].group).items())  # type: ignore[index]

    def close(self) -> None:
        """Finish what waits, then end the threads."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        # Daemons: a server that is told to stop a second time should not wait for a slow model.
        self._threads = [
            threading.Thread(target=self._draw_on, name=f"ganzoo-{number}", daemon=True) for number in range(self.count)
        ]
        for thread in self._threads:
            thread.start()

    def _draw_on(self) -> None:
        while (taken := self._next()) is not None:
            shares, late = taken
            if late:
                failure = LateError()
                self._hand_over([Outcome(work, 0, (), failure) for work in late])
            if shares:
                self._hand_over(self._run(shares))
            # Nothing of a model that goes away is kept by a thread that waits.
            del taken, shares, late

    def _run(self, shares: list[Any]) -> list[Outcome]:
        began = time.monotonic()
        try:
            outcomes = _draw(shares, self._watch)
            self._learn(shares, time.monotonic() - began)
        except Exception as error:  # or nobody would ever hear of these, and the thread would be gone
            outcomes = [Outcome(share.job, share.start, (), error) for share in shares]
        for outcome in outcomes:
            if outcome.failure is not None:
                self.drop(outcome.work)  # the rest of it is worth nothing
        return outcomes

    def _next(self) -> tuple[list[Share], list[Any]] | None:
        with self._changed:
            while True:
                shares, late = self._queue.take(self._most, time.monotonic())
                if shares or late:
                    return shares, late
                if self._closing:
                    return None
                self._idle += 1
                self._changed.wait()
                self._idle -= 1

    def _most(self, lane: Hashable, waiting: int) -> int:
        """A run's worth, but not so much that threads with nothing to do look on."""
        generator: Generator = lane[0]  # type: ignore[index]
        return min(generator.group, math.ceil(waiting / (self._idle + 1)))

    def _seconds(self, samples: Iterable[tuple[Any, int]]) -> float:
        """Of all threads together, for so many of each model; before its first run, as long as it took when it was loaded."""
        each = self._seconds_each
        total: float = sum(n * each.get(model, model.seconds) for model, n in samples)
        return total / self.count

    def _learn(self, shares: list[Share], seconds: float) -> None:
        each = seconds / sum(share.stop - share.start for share in shares)
        model = shares[0].job.model
        before = self._seconds_each.get(model, each)
        self._seconds_each[model] = _MEMORY * before + (1 - _MEMORY) * each


def _draw(shares: list[Any], watch: Watch) -> list[Outcome]:
    """One run of shares that may share one, and every image finished. Raises what concerns all of them."""
    began = time.monotonic()
    generator: Generator = shares[0].job.drawing.generator
    for share in shares:
        watch.queued(generator.name, began - share.job.entered)
    images = generator.run_checked(*_inputs(generator, shares), shares[0].job.drawing.truncation)
    drawn = time.monotonic()
    watch.drew(generator.name, len(images), generator.batches(len(images)), drawn - began)
    outcomes, row = [], 0
    for share in shares:
        rows = images[row : row + share.stop - share.start]
        row += len(rows)
        try:
            outcomes.append(Outcome(share.job, share.start, [share.job.finish(image) for image in rows]))
        except Exception as error:
            outcomes.append(Outcome(share.job, share.start, (), error))
    watch.encoded(generator.name, len(images), time.monotonic() - drawn)
    return outcomes


def _inputs(generator: Generator, shares: list[Any]) -> tuple[Any, Any]:
    """Latents (n, z_dim) and labels (n,) or None. Latents of all seeds at once: one by one costs five times as much."""
    seeds = [s for share in shares for s in (share.job.drawing.seeds or ())[share.start : share.stop]]
    made = generator.latents(seeds) if seeds else None
    given, row = [], 0
    for share in shares:
        drawing: Drawing = share.job.drawing
        if drawing.seeds is None:
            given.append(drawing.z[share.start : share.stop])  # type: ignore[index]
        else:
            given.append(made[row : row + share.stop - share.start])  # type: ignore[index]
            row += share.stop - share.start
    z = made if made is not None and len(made) == sum(map(len, given)) else np.concatenate(given)
    if shares[0].job.drawing.labels is None:
        return z, None
    return z, np.concatenate([share.job.drawing.labels[share.start : share.stop] for share in shares])
