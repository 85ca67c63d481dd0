"""Cores for the server, and others for who measures it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Cores:
    """Which cores the ``server`` has and which are for the ``load``; empty if nobody is pinned."""

    count: int
    server: tuple[int, ...] = ()
    load: tuple[int, ...] = ()

    @classmethod
    def split(cls, count: int) -> "Cores":
        """``count`` cores for the server, the rest for the load; all of them for both where there is no rest."""
        ours = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
        if len(ours) <= count:
            return cls(count)
        return cls(count, tuple(ours[-count:]), tuple(ours[:-count]))

    @property
    def pinned(self) -> bool:
        return bool(self.server)


@contextmanager
def pinned(cores: tuple[int, ...]) -> Iterator[None]:
    """Keep the calling thread, and what it starts meanwhile, on these cores; none given: as it was."""
    if not cores:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
