"""Replies as cheap as they can be: what routes send, without the framework's objects but for the one that it has to have."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]


class Reply(NamedTuple):
    """Status, headers (lower-case names, without the length) and body; None for a reply that has none, as to HEAD."""

    status: int
    headers: Headers
    body: bytes | None = None

    def complete(self) -> Headers:
        """The headers with the length."""
        if self.body is None:
            return self.headers
        return [*self.headers, (b"content-length", b"%d" % len(self.body))]

    async def send(self, send: Send, receive: Receive) -> None:
        """As ASGI messages."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.complete()})
        await send({"type": "http.response.body", "body": self.body or b""})


def as_http(status: int, headers: Headers, body: bytes) -> bytes:
    """A whole reply as HTTP/1.1 has it, for those who write it themselves."""
    return b"".join([_status_line(status), *(b"%b: %b\r\n" % field for field in headers), b"\r\n", body])


@cache
def _status_line(status: int) -> bytes:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()


@dataclass(frozen=True, slots=True)
class Stream:
    """A reply whose body comes in pieces. If the client hangs up ``leave`` is called, which should end them."""

    headers: Headers
    pieces: AsyncGenerator[bytes, None]
    leave: Callable[[], None]
    status: int = 200

    async def send(self, send: Send, receive: Receive) -> None:
        """As ASGI messages. Raises ClientDisconnect."""
        watch = asyncio.create_task(until_gone(receive, self.leave))
        try:
            await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
            async for piece in self.pieces:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        except asyncio.CancelledError:
            if watch.done():
                raise ClientDisconnect from None
            raise
        finally:
            watch.cancel()
            await self.pieces.aclose()


class Framed(Response):
    """A reply as the framework takes it from its own routes."""

    def __init__(self, reply: Reply | Stream) -> None:
        super().__init__(status_code=reply.status)
        self.raw_headers = reply.headers
        self._reply = reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        await self._reply.send(send, receive)


async def until_gone(receive: Receive, leave: Callable[[], Any]) -> None:
    """Wait for the client to hang up, then call ``leave``. A server that cannot tell us any more has lost it as well."""
    with contextlib.suppress(Exception):  # Ray's ``receive`` raises when the proxy gives up the request
        while (await receive())["type"] != "http.disconnect":
            pass
    leave()


def encode(headers: Mapping[str, str]) -> Headers:
    """Headers as ASGI sends them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
