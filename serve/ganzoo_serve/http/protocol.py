"""uvicorn's HTTP/1.1 with two things added: patience has an end, and a reply goes out at once.

uvicorn writes head and body apart, which are two system calls and two packets; and it waits for ever for a head that does
not come, of any size.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 10.0  # from connecting, or from the first byte of a head, to its last
HEAD_BYTES = 2**16


class Protocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected, and should say something."""
        super().connection_made(_Gathering(transport, self.loop))  # type: ignore[arg-type]
        self._in_head, self._head_bytes = False, 0
        self._patience: asyncio.TimerHandle | None = self.loop.call_later(HEAD_S, self._hang_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A head mostly comes in one piece; where it does not, time and bytes are counted."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._hang_up()
            elif self._patience is None:
                self._patience = self.loop.call_later(HEAD_S, self._hang_up)

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The last of its head."""
        self._in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those that come after the body are no part of it, and would be kept without end."""
        if self._in_head:
            super().on_header(name, value)

    def on_response_complete(self) -> None:
        """A reply was sent. One that did not wait for the request's end is the last: what is left of it is not waited for."""
        unread = self.cycle is not None and self.cycle.more_body
        super().on_response_complete()
        if unread:
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self._patience = None
        self.transport.close()


class _Gathering:
    """A transport that sends what was written in one turn of the event loop at its end, together."""

    __slots__ = ("_loop", "_parts", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()

    def _flush(self) -> None:
        if self._parts:
            parts, self._parts = self._parts, []
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
