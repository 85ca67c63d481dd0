"""How many may be connected at once. Who comes when it is full is told so, and costs little.

uvicorn's own bound answers everybody with 503 as soon as it is reached, those who were in before as well, and lets more in.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import Any

from ganzoo_serve.http.front import Front
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.replies.reply import Reply, as_http

logger = logging.getLogger(__name__)

PATIENCE_S = 1.0  # to hear what is asked: what is said before would be lost with the end of the connection
_QUIET_S = 60.0  # between two lines in the log
_FULL = Problem(
    503,
    "Too many are connected to this server.",
    headers={"Retry-After": "1", "Connection": "close"},
    reason="connections",
)


_LIVE = Reply(200, [(b"content-type", b"application/json"), (b"connection", b"close")], b'{"live":true}')


def bounded(protocol: type[Any], most: int) -> type[Any]:
    """uvicorn's ``protocol`` with room for ``most`` connections."""
    return type("Bounded", (_Bounded, protocol), {"most": most, "told": [-math.inf]})


class _Bounded:
    """One connection, in or not. ``told``: when a refusal was logged last, of all of them."""

    most: int
    told: list[float]
    connections: set[Any]
    app: object

    def connection_made(self, transport: asyncio.Transport) -> None:
        if len(self.connections) < self.most:
            super().connection_made(transport)  # type: ignore[misc]
            return
        transport.set_protocol(_Refusal(transport, Front.of(self.app)))
        now = time.monotonic()
        if now > self.told[0] + _QUIET_S:
            self.told[0] = now
            logger.warning("%s connections are open, and no more may be ('--connections'): refusing others.", self.most)


class _Refusal(asyncio.Protocol):
    """A connection that there is no room for. What it asks is counted, but has no line in the log: there may be many."""

    def __init__(self, transport: asyncio.Transport, front: Front) -> None:
        self._transport, self._front = transport, front
        self._patience = asyncio.get_running_loop().call_later(PATIENCE_S, transport.close)

    def data_received(self, data: bytes) -> None:
        """Something was asked. A supervisor that hears no answer would end a process whose only fault is to be liked."""
        reply = _LIVE if data.startswith(b"GET /livez ") else self._front.refuse(_FULL, None, log=False)
        self._transport.write(as_http(reply.status, reply.complete(), reply.body or b""))
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._patience.cancel()
