"""Between the routes and the workers: lets in what can be done soon, cuts it up, and gives up when it is late.

A request has at most one piece per worker in the queue, so one for 256 images does not hold up one for a single image.
"""

import asyncio
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ParamSpec, TypeVar

from ganzoo_serve.drawing import Drawing
from ganzoo_serve.generator import Generator, Images
from ganzoo_serve.limits import Limits
from ganzoo_serve.problems import Problem

P = ParamSpec("P")
T = TypeVar("T")


class WaitingRoom:
    """Counts the samples that were let in and are not finished, and how fast they finish. Belongs to one event loop."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self.samples = 0
        self._seconds_per_sample = 0.0
        self._last_done = 0.0

    @contextmanager
    def enter(self, samples: int) -> Iterator[None]:
        """Hold a place for so many samples. Raises Problem 429, with Retry-After in seconds, if there is no room."""
        # Alone in the room even a request beyond the limit is let in: it would never be otherwise.
        if self.samples and self.samples + samples > self._limits.waiting:
            seconds = min(max(math.ceil(self.samples * self._seconds_per_sample), 1), 60)
            raise Problem(
                429,
                f"{self.samples} samples are waiting and {self._limits.waiting} may. Try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
            )
        if not self.samples:
            self._last_done = time.monotonic()
        self.samples += samples
        try:
            yield
        finally:
            self.samples -= samples

    @asynccontextmanager
    async def deadline(self) -> AsyncIterator[None]:
        """Raise Problem 504 if the block takes longer than the deadline; what still waits in it is cancelled."""
        try:
            async with asyncio.timeout(self._limits.deadline_s):
                yield
        except TimeoutError as error:
            detail = f"Not finished within {self._limits.deadline_s:g} s. Ask for fewer images, or later."
            raise Problem(504, detail) from error

    async def draw(self, generator: Generator, drawing: Drawing, finish: Callable[[Images], T]) -> list[T]:
        """``finish(image)`` for every image of a drawing, in order; both the image and ``finish`` run in workers.

        Raises Problem 429 as ``enter`` does.
        """
        with self.enter(len(drawing.seeds)):
            results: list[T] = []
            pending: deque[asyncio.Future[list[T]]] = deque()
            try:
                for piece in drawing.pieces(generator.batch_size):
                    if len(pending) == generator.workers:
                        results += self._done(await pending.popleft())
                    pending.append(asyncio.wrap_future(generator.submit(_work, generator, piece, finish)))
                while pending:
                    results += self._done(await pending.popleft())
            finally:
                for future in pending:
                    future.add_done_callback(_look_at)
                    future.cancel()
            return results

    async def work(self, generator: Generator, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """``function(...)`` in a worker of this generator."""
        return await asyncio.wrap_future(generator.submit(function, *args, **kwargs))

    def _done(self, results: list[T]) -> list[T]:
        now = time.monotonic()
        seconds = (now - self._last_done) / len(results)
        self._last_done = now
        # A moving average over about the last twenty pieces.
        self._seconds_per_sample += 0.1 * (seconds - self._seconds_per_sample) if self._seconds_per_sample else seconds
        return results


def _work(generator: Generator, piece: Drawing, finish: Callable[[Images], T]) -> list[T]:
    images = generator.draw(piece.seeds, classes=piece.classes, truncation=piece.truncation)
    return [finish(image) for image in images]


def _look_at(future: "asyncio.Future[Any]") -> None:
    """Take note of a failure nobody waits for any more, or asyncio would print it."""
    if not future.cancelled():
        future.exception()
