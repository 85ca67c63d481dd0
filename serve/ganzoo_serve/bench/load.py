"""The load generator.

Closed loop: so many clients, each asking again as soon as it is answered. Open loop: requests at random times that do not
wait for answers, each timed from when it was *meant* to be sent, so that a slow server cannot hide its queue in requests that
were never made.

Speaks to this machine only, for a limited time, over a limited number of connections.
"""

import asyncio
import gc
import ipaddress
import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import numpy as np

from ganzoo_serve.bench.connection import Connection
from ganzoo_serve.bench.tally import NO_REPLY, Ask, Tally
from ganzoo_serve.errors import ServeError

new_event_loop: Callable[[], asyncio.AbstractEventLoop]
try:
    from uvloop import new_event_loop
except ImportError:  # Windows
    from asyncio import new_event_loop

T = TypeVar("T")
Address = tuple[str, int]

MOST_CONNECTIONS = 4096
LONGEST_S = 1000.0
_SLACK_S = 5.0  # for the next reply, at the end of a measurement
_MOST_LOSSES = 1000  # connections that ended and were made again


def closed(
    address: Address,
    ask: Ask,
    seeds: Iterator[int],
    *,
    clients: int,
    seconds: float,
    warmup: float = 0.25,
    most: int = 10**9,
) -> Tally:
    """Load by so many clients for so many seconds, up to the next reply, or ``most`` requests, after a warm-up.

    What is in flight at the end is waited for, but not counted. What is still not answered when nobody has been for 5 s, and
    for twice as long as the slowest took, counts as not answered, as does what a connection that ends leaves unanswered,
    whenever it was sent. Raises ServeError.
    """
    return _run(_Closed(address, ask, seeds).run(clients, seconds, warmup, most))


def open_loop(
    address: Address,
    ask: Ask,
    seeds: Iterator[int],
    *,
    rate: float,
    seconds: float,
    connections: int = 512,
    ready: int = 16,
    patience: float = 40.0,
    rng_seed: int = 0,
) -> Tally:
    """Load by requests at Poisson times, ``rate`` a second, for so many seconds.

    Over at most so many connections, ``ready`` of them made beforehand: what finds none free waits for one, and its time
    runs. What is not answered ``patience`` seconds after the last was sent counts as not answered. The tally's seconds reach to
    the last reply. Raises ServeError.
    """
    return _run(_Open(address, ask, seeds).run(arrivals(rate, seconds, rng_seed), connections, ready, patience))


def arrivals(rate: float, seconds: float, rng_seed: int) -> list[float]:
    """Times of a Poisson process, in seconds from its begin: as many as there are to be expected in so long, at least one."""
    gaps = np.random.default_rng(rng_seed).exponential(1 / rate, size=max(1, round(rate * seconds)))
    times: list[float] = np.cumsum(gaps).tolist()
    return times


def _run(work: Coroutine[Any, Any, T]) -> T:
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()  # a collection in the middle would be taken for the server's
    try:
        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            return runner.run(work)
    finally:
        if enabled:
            gc.enable()


class _Load:
    """What both loops share: connections to one address, the seeds still to ask for, the tally."""

    def __init__(self, address: Address, ask: Ask, seeds: Iterator[int]) -> None:
        _check_loopback(address[0])
        self.address, self.ask, self.seeds = address, ask, seeds
        self.tally = Tally(ask)
        self.connections: dict[Connection, int] = {}  # with the seed that each has last asked for
        self.stopped = False

    async def connect(self) -> Connection:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda: Connection(self.finished, self.lost), *self.address
            )
        except OSError as error:
            raise ServeError(f"No connection to {self.address[0]}:{self.address[1]}: {error}.") from error
        self.connections[connection] = -1
        return connection

    def send(self, connection: Connection, seed: int, since: float) -> None:
        self.connections[connection] = seed
        connection.send(self.ask.build(seed), since)

    def note(self, connection: Connection, status: int, head: bytes, body: bytes) -> None:
        begin, connection.since = connection.since, None
        latency = time.perf_counter() - begin if begin is not None else 0.0
        self.tally.note(self.connections[connection], latency, status, head, body)

    def finished(self, connection: Connection, status: int, head: bytes, body: bytes) -> None:
        raise NotImplementedError

    def lost(self, connection: Connection) -> None:
        if connection.since is not None:
            self.note(connection, NO_REPLY, b"", b"")
        del self.connections[connection]

    @property
    def in_flight(self) -> int:
        return sum(connection.since is not None for connection in self.connections)

    async def finish(self, patience: float) -> None:
        """Wait for what is in flight, then hang up."""
        end = time.perf_counter() + patience
        while self.in_flight and time.perf_counter() < end:
            await asyncio.sleep(0.005)
        for connection in list(self.connections):
            connection.close()
        while self.connections:
            await asyncio.sleep(0.001)


class _Closed(_Load):
    """Measures from one reply to another: replies come in bunches, and a window by the clock cuts through them.

    The tally holds the replies of the window, and whatever was never answered, whenever it was sent.
    """

    warm = False
    begin: float | None = None
    slowest = 0.0  # of all that were answered, in the warm-up, too

    async def run(self, clients: int, seconds: float, warmup: float, most: int) -> Tally:
        if not 1 <= clients <= MOST_CONNECTIONS or seconds > LONGEST_S:
            raise ServeError(f"Expected 1 ... {MOST_CONNECTIONS} clients, for at most {LONGEST_S:g} s.")
        self.most, self.length, self.full = most, seconds, asyncio.Event()
        self.losses, self.again = 0, set[asyncio.Task[None]]()
        for connection in [await self.connect() for _ in range(clients)]:
            self.send(connection, next(self.seeds), time.perf_counter())
        await asyncio.sleep(warmup)
        self.warm, self.latest = True, time.perf_counter()
        begin = self.latest
        with suppress(TimeoutError):
            await asyncio.wait_for(self.full.wait(), seconds + _SLACK_S)
        if not self.stopped:  # too slow for another reply, or nobody is there
            self._end(time.perf_counter(), self.begin or begin)
        await self._see_the_rest()
        await self.finish(0)
        for task in self.again:
            task.cancel()
        return self.tally

    def finished(self, connection: Connection, status: int, head: bytes, body: bytes) -> None:
        self.latest = time.perf_counter()
        self.slowest = max(self.slowest, self.latest - (connection.since or self.latest))
        if self.begin is None or self.stopped:
            connection.since = None
            if self.warm and self.begin is None:
                self.begin = self.latest
        else:
            self.note(connection, status, head, body)
            if self.latest >= self.begin + self.length or self.tally.replies >= self.most:
                self._end(self.latest, self.begin)
        if not (self.stopped or connection.closing):
            self.send(connection, next(self.seeds), time.perf_counter())

    def lost(self, connection: Connection) -> None:
        super().lost(connection)
        self.losses += 1
        if self.losses < _MOST_LOSSES and not (self.stopped or self.full.is_set()):
            task = asyncio.get_running_loop().create_task(self._again())
            self.again.add(task)
            task.add_done_callback(self._came_back)
        self._look_who_is_left()

    async def _again(self) -> None:
        with suppress(ServeError):  # refused: there is a client less
            connection = await self.connect()
            if not self.stopped:
                self.send(connection, next(self.seeds), time.perf_counter())

    def _came_back(self, task: asyncio.Task[None]) -> None:
        self.again.discard(task)
        self._look_who_is_left()

    def _look_who_is_left(self) -> None:
        if not (self.connections or self.again):
            self.full.set()  # nobody to ask

    def _end(self, now: float, begin: float) -> None:
        self.tally.seconds, self.latest, self.stopped = now - begin, now, True
        self.full.set()

    async def _see_the_rest(self) -> None:
        """Until all are answered, or nobody has been for so long that nobody will be.

        A request that was sent just before the end is no failure, nor one that waits in line behind others: as long as any is
        answered, the rest may be. One that takes long may do so: twice as long as any that was answered.
        """
        silence = max(_SLACK_S, 2 * self.slowest)
        while self.in_flight and time.perf_counter() < self.latest + silence:
            await asyncio.sleep(0.005)


class _Open(_Load):
    async def run(self, times: list[float], connections: int, ready: int, patience: float) -> Tally:
        if not 1 <= connections <= MOST_CONNECTIONS or times[-1] > LONGEST_S:
            raise ServeError(f"Expected 1 ... {MOST_CONNECTIONS} connections, for at most {LONGEST_S:g} s.")
        self.idle: list[Connection] = []
        self.waiting: deque[tuple[int, float]] = deque()
        self.most, self.connecting, self.arriving = connections, 0, True
        self.tasks: set[asyncio.Task[None]] = set()
        for _ in range(min(ready, connections)):
            self.idle.append(await self.connect())
        begin = time.perf_counter() + 0.01
        try:
            await asyncio.to_thread(self._arrive, times, begin, asyncio.get_running_loop())
        finally:
            self.arriving = False
        end = time.perf_counter() + patience
        while (self.waiting or self.tasks) and time.perf_counter() < end:
            await asyncio.sleep(0.005)
        self.stopped = True
        while self.waiting:
            self.tally.note(self.waiting.popleft()[0], 0.0, NO_REPLY, b"", b"")
        await self.finish(end - time.perf_counter())
        self.tally.seconds = time.perf_counter() - begin
        return self.tally

    def _arrive(self, times: list[float], begin: float, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread, whose sleep is good to a tenth of a millisecond where an event loop's timers are to a whole one."""
        index = 0
        while index < len(times) and self.arriving:
            time.sleep(max(0.0, begin + times[index] - time.perf_counter()))
            due = max(index + 1, bisect_right(times, time.perf_counter() - begin))
            loop.call_soon_threadsafe(self._ask_all, [begin + at for at in times[index:due]])
            index = due

    def _ask_all(self, moments: list[float]) -> None:
        for moment in moments:
            self._ask(next(self.seeds), moment)

    def _ask(self, seed: int, since: float) -> None:
        if self.idle:
            self._go(self.idle.pop(), seed, since)
            return
        self.waiting.append((seed, since))
        if len(self.connections) + self.connecting < self.most:
            self.connecting += 1
            task = asyncio.get_running_loop().create_task(self._connect())
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _connect(self) -> None:
        try:
            connection = await self.connect()
        except ServeError:  # refused: what waits may find another connection
            return
        finally:
            self.connecting -= 1
        self._next(connection)

    def _go(self, connection: Connection, seed: int, since: float) -> None:
        self.tally.lateness.append(time.perf_counter() - since)
        self.send(connection, seed, since)

    def _next(self, connection: Connection) -> None:
        if self.waiting and not self.stopped:
            self._go(connection, *self.waiting.popleft())
        else:
            self.idle.append(connection)

    def finished(self, connection: Connection, status: int, head: bytes, body: bytes) -> None:
        self.note(connection, status, head, body)
        if not connection.closing:
            self._next(connection)

    def lost(self, connection: Connection) -> None:
        super().lost(connection)
        if connection in self.idle:
            self.idle.remove(connection)


def _check_loopback(host: str) -> None:
    try:
        fine = ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, which could lead anywhere
        fine = False
    if not fine:
        raise ServeError(f"{host} is not this machine: expected 127.0.0.1 or ::1. Load is for one's own servers only.")
