"""From the event loop to the threads and back: let in what can be done in time, wait for it, give it up."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from ganzoo_serve.engine.crew import Crew, Outcome, Work
from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.fair_queue import FairQueue
from ganzoo_serve.engine.watch import Watch
from ganzoo_serve.errors import BusyError, LateError
from ganzoo_serve.generator import Generator, Images

P = ParamSpec("P")
T = TypeVar("T")

# How often what waits is looked through for what is too late, in seconds.
_SWEEP_S = 0.25
_MISSING: Any = object()


class Pending(Work):
    """A work that an event loop waits for. ``future`` holds the results, in order, when all of them are there."""

    def __init__(self, drawing: Drawing, finish: Callable[[Images], Any], *, deadline: float) -> None:
        super().__init__(drawing, finish, deadline=deadline)
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[list[Any]] = self.loop.create_future()
        self.results: list[Any] = [_MISSING] * self.samples
        self.missing = self.samples
        self._arrived: asyncio.Event | None = None

    async def until(self, index: int) -> None:
        """Wait for one result. Raises what drawing raises, and CancelledError if the work was dropped."""
        while self.results[index] is _MISSING:
            if self.future.done():
                self.future.result()
            self._arrived = self._arrived or asyncio.Event()
            self._arrived.clear()
            await self._arrived.wait()

    def settle(self, outcome: Outcome) -> None:
        """Take in a part of the results, or the failure of the whole. In the event loop's thread."""
        if self.future.done():
            return
        if outcome.failure is not None:
            self.future.set_exception(outcome.failure)
            self.future.exception()  # seen: whoever streams may not ask for it
        else:
            self.results[outcome.start : outcome.start + len(outcome.results)] = outcome.results
            self.missing -= len(outcome.results)
            if not self.missing:
                self.future.set_result(self.results)
        self.tell()

    def tell(self) -> None:
        """Wake whoever waits ``until`` something."""
        if self._arrived is not None:
            self._arrived.set()


class Engine:
    """One device's threads, as coroutines. ``waiting``: samples of one model that may wait; beyond it BusyError.

    ``deadline_s``: how long a request may wait for its last sample to be begun, unless it says less; beyond it LateError.
    ``workers``: threads that draw.
    """

    def __init__(
        self, *, workers: int, waiting: int = 1024, deadline_s: float = 30.0, watch: Watch | None = None
    ) -> None:
        self.deadline_s = deadline_s
        self._most_waiting = waiting
        self._crew = Crew(workers, _hand_over, watch)
        # Putting replies together takes as long as drawing may, and belongs neither on the event loop nor in a worker.
        self._helpers = ThreadPoolExecutor(2, thread_name_prefix="ganzoo-reply")
        self._sweeping = False

    @property
    def workers(self) -> int:
        """Threads that draw."""
        return self._crew.count

    def waiting(self, generator: Generator) -> int:
        """Samples of this model that wait."""
        with self._crew.queue() as queue:
            return queue.waiting(generator)

    def submit(self, drawing: Drawing, finish: Callable[[Images], Any], *, timeout_s: float | None = None) -> Pending:
        """Queue a drawing; ``finish(image)`` of every image will be in its future. Raises BusyError.

        Whoever gives up waiting calls ``drop``.
        """
        seconds = self._seconds(timeout_s)
        work = Pending(drawing, finish, deadline=time.monotonic() + seconds)
        self._crew.add(work, lambda queue: self._check_room(queue, work, seconds))
        if not self._sweeping:
            self._sweeping = True
            work.loop.call_later(_SWEEP_S, self._sweep, work.loop)
        return work

    def wait_longer(self, work: Pending, timeout_s: float | None) -> None:
        """Somebody else waits for it too, for so long from now."""
        work.deadline = max(work.deadline, time.monotonic() + self._seconds(timeout_s))

    def drop(self, work: Pending) -> None:
        """Nobody waits for it any more: what of it is not begun never will be."""
        self._crew.drop(work)
        work.future.cancel()
        work.tell()

    async def draw(self, drawing: Drawing, finish: Callable[[Images], T], *, timeout_s: float | None = None) -> list[T]:
        """``finish(image)`` for every image, in order. Raises BusyError, LateError, and what drawing raises."""
        work = self.submit(drawing, finish, timeout_s=timeout_s)
        try:
            return await work.future
        except asyncio.CancelledError:
            self.drop(work)
            raise

    async def stream(self, work: Pending) -> AsyncGenerator[Any, None]:
        """The results of a work, each as soon as it and all before it are there. Close it to give up the rest."""
        try:
            for index in range(work.samples):
                await work.until(index)
                yield work.results[index]
                work.results[index] = None  # sent: all of them may be more than we want to hold
        finally:
            self.drop(work)

    async def help(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``function(...)`` in a thread that does not draw."""
        return await asyncio.wrap_future(self._helpers.submit(function, *args, **kwargs))

    def close(self) -> None:
        """Finish what waits, then end the threads."""
        self._crew.close()
        self._helpers.shutdown(cancel_futures=True)

    def _seconds(self, timeout_s: float | None) -> float:
        return self.deadline_s if timeout_s is None else min(timeout_s, self.deadline_s)

    def _check_room(self, queue: FairQueue, work: Pending, seconds: float) -> None:
        before = queue.waiting(work.model)
        if not before:  # even a request beyond the limit is let in: it would never be otherwise
            return
        wait = self._crew.seconds_waiting(queue)
        retry_s = min(max(math.ceil(wait), 1), 60)
        if before + work.samples > self._most_waiting:
            more = f"{work.samples} more would be too many"
            raise BusyError(f"{before} samples are waiting and {self._most_waiting} may: {more}.", retry_s)
        # Better to say so now than after the client has waited for nothing. A small request passes by large ones: only where
        # all of it would be too much is it worth finding out by how many.
        if wait > seconds and (wait := self._crew.seconds_before(queue, work)) > seconds:
            raise BusyError(f"What is waiting will take {wait:.2g} s, and you would wait {seconds:g} s.", retry_s)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """Tell those who wait too long, even if every thread is busy with one slow run."""
        with self._crew.queue() as queue:
            late = queue.drop_late(time.monotonic())
            self._sweeping = bool(len(queue))
        for job in late:
            if isinstance(job, Pending):
                job.settle(Outcome(job, 0, (), LateError()))
        if self._sweeping:
            loop.call_later(_SWEEP_S, self._sweep, loop)


def _hand_over(outcomes: list[Outcome]) -> None:
    """To the event loops that wait, in one call each: waking one up costs as much as a small image's PNG."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Outcome]] = {}
    for outcome in outcomes:
        if isinstance(outcome.work, Pending):
            by_loop.setdefault(outcome.work.loop, []).append(outcome)
    for loop, its in by_loop.items():
        try:
            loop.call_soon_threadsafe(_settle, its)
        except RuntimeError:  # the loop is closed: nobody waits
            continue


def _settle(outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if isinstance(outcome.work, Pending):
            outcome.work.settle(outcome)
