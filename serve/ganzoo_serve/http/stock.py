"""Encoded images that somebody waits for or may ask for again: one computation for all who ask for the same.

Off the beaten path of seeds nothing repeats, so keeping finished images is off unless it is given room.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cachetools import LRUCache

from ganzoo_serve.engine.engine import Pending


@dataclass(slots=True, eq=False)
class Flight:
    """A work that is under way, how many wait for it, and, once it is drawn, what makes one body of it."""

    work: Pending
    waiting: int = 1
    composing: asyncio.Task[bytes] | None = None


class Stock:
    """Bodies by ETag: at most ``most_bytes`` of finished ones, the least recently used go first. Of one event loop."""

    def __init__(self, most_bytes: int) -> None:
        self._kept: LRUCache[str, bytes] = LRUCache(max(most_bytes, 1), getsizeof=len)
        self._keeps = most_bytes > 0
        self._flights: dict[str, Flight] = {}

    @property
    def keeps(self) -> bool:
        """Whether finished bodies are kept at all."""
        return self._keeps

    def find(self, tag: str) -> bytes | None:
        """A finished body."""
        found: bytes | None = self._kept.get(tag)
        return found

    def board(self, tag: str, start: Callable[[], Pending]) -> Flight:
        """The flight of this tag: one that is under way, or a new one. Everyone who boards it lands or leaves."""
        flight = self._flights.get(tag)
        if flight is None:
            flight = self._flights[tag] = Flight(start())
        else:
            flight.waiting += 1
        return flight

    def land(self, tag: str, flight: Flight, body: bytes | None) -> None:
        """The flight is over, with or without a body."""
        if self._flights.get(tag) is flight:
            del self._flights[tag]
        if self._keeps and body is not None and len(body) <= self._kept.maxsize:
            self._kept[tag] = body

    def leave(self, tag: str, flight: Flight) -> bool:
        """One fewer waits; True if that was the last, so that the work is nobody's any more."""
        flight.waiting -= 1
        if flight.waiting:
            return False
        if self._flights.get(tag) is flight:
            del self._flights[tag]
        return True
