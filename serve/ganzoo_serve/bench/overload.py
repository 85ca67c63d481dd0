"""What a server does when asked for twice what it can do: refuse politely, answer what it let in, be itself afterwards."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ganzoo_serve.bench.load import closed, open_loop
from ganzoo_serve.bench.process import ServerProcess
from ganzoo_serve.bench.tally import Ask

CONNECTIONS = 2048  # more than requests may wait in the server, or it would never have to refuse one


@dataclass(frozen=True)
class Overload:
    """``statuses`` counts replies (0: none came), ``retry_after`` the values of that header. Memory in resident bytes.

    ``p99_s`` is of those that were let in. ``usual_per_s`` was measured before, ``after_per_s`` as soon as the load had ended.
    """

    rate: float
    seconds: float
    statuses: dict[int, int]
    retry_after: dict[str, int]
    accepted_per_s: float
    p50_s: float
    p99_s: float
    memory_before: int | None
    memory_after: int | None
    usual_per_s: float
    after_per_s: float

    @property
    def shares(self) -> dict[int, float]:
        """By status."""
        whole = sum(self.statuses.values())
        return {status: number / whole for status, number in sorted(self.statuses.items())}


def overload(
    server: ServerProcess,
    ask: Ask,
    seeds: Iterator[int],
    *,
    rate: float,
    seconds: float,
    usual: float,
    clients: int,
) -> Overload:
    """Ask at ``rate`` for so long, in an open loop, then see whether ``clients`` are served as fast as usual."""
    before = server.memory
    most = allow(CONNECTIONS)
    # All made beforehand: a burst of new ones overflows the system's queue of them, which then answers after up to 31 s.
    tally = open_loop(server.address, ask, seeds, rate=rate, seconds=seconds, connections=most, ready=most)
    after = closed(server.address, ask, seeds, clients=clients, seconds=min(1.0, seconds))
    return Overload(
        rate=rate,
        seconds=tally.seconds,
        statuses=dict(tally.statuses),
        retry_after=dict(tally.retry_after),
        accepted_per_s=tally.requests_per_s,
        p50_s=tally.percentile(50),
        p99_s=tally.percentile(99),
        memory_before=before,
        memory_after=server.memory,
        usual_per_s=usual,
        after_per_s=after.requests_per_s,
    )


def allow(connections: int) -> int:
    """Have so many files open in this process and those it starts, if the system lets us; how many connections that leaves."""
    try:
        import resource
    except ImportError:  # Windows
        return min(connections, 400)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 200
    if soft < wanted:
        with suppress(ValueError, OSError):
            most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return min(connections, soft - 100)
