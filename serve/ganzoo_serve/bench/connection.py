"""One HTTP/1.1 connection of the load generator: bytes out, whole replies in, as little work as can be.

It has to be much cheaper than the server it looks at, so replies are cut, not parsed: a status, a length, a body.
"""

import asyncio
import re
from collections.abc import Callable
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)")
_WITHOUT_BODY = (b"204", b"304")


class Connection(asyncio.Protocol):
    """Keeps at most one request in flight.

    ``finished(connection, status, head, body)`` is called for every reply, its head in lower case; ``lost(connection)`` when
    the connection ends, however it does. ``since`` is when the request in flight was meant to be sent, None if none is.
    ``closing``: the server ends the connection behind this reply. A reply without a length, or with more bytes than it says,
    ends it too.
    """

    __slots__ = ("_finished", "_head", "_lost", "_missing", "_parts", "_start", "_transport", "closing", "since")

    def __init__(
        self, finished: "Callable[[Connection, int, bytes, bytes], None]", lost: "Callable[[Connection], None]"
    ) -> None:
        self._finished, self._lost = finished, lost
        self.since: float | None = None
        self.closing = False
        self._start = b""  # of a reply whose head is not here yet
        self._head: bytes | None = None
        self._parts: list[bytes] = []
        self._missing = 0

    def send(self, request: bytes, since: float) -> None:
        self.since = since
        self._transport.write(request)

    def close(self) -> None:
        if self.since is None:
            self._transport.close()
        else:  # nobody waits for the reply any more
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        if self._head is None:
            data = self._start + data if self._start else data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._start = data
                return
            self._start, self._head = b"", data[:end].lower()
            found = _LENGTH.search(self._head)
            if not (found or self._head[9:12] in _WITHOUT_BODY):
                self._transport.abort()
                return
            data = data[end + 4 :]
            self._missing = 0 if found is None or self._head[9:12] in _WITHOUT_BODY else int(found[1])
        self._parts.append(data)
        self._missing -= len(data)
        if self._missing > 0:
            return
        if self._missing < 0 or self.since is None:
            self._transport.abort()
            return
        head, body = self._head, self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._head, self._parts = None, []
        self.closing = b"\r\nconnection: close" in head
        self._finished(self, int(head[9:12]), head, body)
        if self.closing:
            self._transport.close()
