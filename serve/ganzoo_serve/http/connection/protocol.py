"""uvicorn's HTTP/1.1 where patience has an end, a reply goes out at once, and images take a shortcut.

uvicorn waits for ever for a head that does not come, of any size, for the rest of a body that was refused, and for a client
that does not read; it writes the head and the body of a reply apart, which are two system calls and two packets; it makes a
task for each request; what it cannot read it refuses in words of its own; of a request whose client would rather speak HTTP/2
or WebSocket it loses the body, and all that comes after it in the same packet; and told to stop it hangs up on requests that
have come and were not read yet.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ganzoo_serve.http.connection.shortcut import Shortcut
from ganzoo_serve.http.front import Front
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.replies.reply import Headers, Reply, as_http

HEAD_S = 10.0  # from connecting, or from the first byte of a head, to its last
HEAD_BYTES = 2**16
UNREAD_S = 30.0  # that a client may take nothing of what it is sent
LAST_S = 0.2  # for what is on its way when we are told to stop
_FIELD_BYTES = len(b": \r\n")
_WISHES = (b"upgrade", b"http2-settings")
_TOO_LARGE = f"The request's head is too large: expected at most {HEAD_BYTES} bytes."


class Protocol(HttpToolsProtocol):
    """One connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client connected, and should say something."""
        self._gathering = _Gathering(transport, self.loop)
        super().connection_made(self._gathering)  # type: ignore[arg-type]
        self._in_head, self._began = False, False
        self._unfinished, self._head_bytes = 0, 0  # of a head: as they came, and of its fields
        self._last_word: Reply | None = None  # to what is no request, after the replies to those before it
        self._patience: asyncio.TimerHandle | None = self.loop.call_later(HEAD_S, self._hang_up)
        self._stopping = False
        self._again = b""  # the head of a request that wished for another protocol, without the wish
        # Of the request that is coming in, and of the one that is being answered; uvicorn's ``cycle`` is the last that came.
        self._shortcut: Shortcut | None = None
        self._running: Shortcut | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._stop_waiting()
        self._gathering.rest()
        if self._running is not None:
            self.tasks.discard(self._running)
            self._running.leave()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client takes less than it is sent."""
        super().pause_writing()
        self._gathering.watch()

    def resume_writing(self) -> None:
        """It has taken it."""
        if not self.transport.is_closing():
            self._gathering.rest()
        super().resume_writing()

    def eof_received(self) -> None:
        """The client has said all that it will; the connection is closed, once it has taken what was sent before."""
        super().eof_received()
        self._gathering.watch()

    def shutdown(self) -> None:
        """We are told to stop. What has been asked, or comes in a moment, is answered, as the last on its connection."""
        self._stopping = True
        if not self._busy:
            self.loop.call_later(LAST_S, self._leave)
        elif not self.cycle.response_started:  # otherwise the client has been told that there may be more
            self.cycle.keep_alive = False

    def data_received(self, data: bytes) -> None:
        """A head mostly comes in one piece; where it does not, time and bytes are counted."""
        if self._last_word is not None:
            return
        self._unset_keepalive_if_required()
        try:
            self._parse(data)
        except httptools.HttpParserError:
            self._refuse()
        if self.transport.is_closing():
            return
        if self._in_head:
            if not self._began:  # of what it began in we do not know how much is its own
                self._unfinished += len(data)
            self._began = False
            if self._unfinished > HEAD_BYTES:
                self._refuse()
                return
        # Also after a blank line, which is no request, and has ended uvicorn's own patience.
        if self._patience is None and (self._in_head or (not self._busy and self.timeout_keep_alive_task is None)):
            self._patience = self.loop.call_later(HEAD_S, self._hang_up)

    def _parse(self, data: bytes) -> None:
        """A wish for another protocol may be overlooked (RFC 9110, 7.8), and is: Java's client has it by default.

        The parser takes it for the end of HTTP. So the head is parsed anew, without it.
        """
        rest = memoryview(data)
        while rest:
            try:
                self.parser.feed_data(rest)
            except httptools.HttpParserUpgrade as upgrade:
                head, self._again = self._again, b""
                if not head:  # CONNECT: what comes now is for somebody else
                    return
                rest = rest[upgrade.args[0] :]
                self.parser = httptools.HttpRequestParser(self)
                self.parser.feed_data(head)
            else:
                return

    def on_message_begin(self) -> None:
        """The first byte of a request."""
        self._in_head, self._began, self._unfinished, self._head_bytes = True, True, 0, 0
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head; those that come after the body are no part of it, and would be kept without end."""
        if self._in_head:
            self._head_bytes += len(name) + len(value) + _FIELD_BYTES
            if self._head_bytes > HEAD_BYTES:
                raise ValueError(_TOO_LARGE)  # ends the parser, which ends in ``_refuse``
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The last of its head."""
        if self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT":
            first = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
            self._again = b"\r\n".join([first, *_without_wishes(self.headers), b"", b""])
            return
        self._in_head = False
        self._stop_waiting()
        self._shortcut = self._find_shortcut()
        if self._shortcut is None:
            super().on_headers_complete()
            if self._stopping:
                self.cycle.keep_alive = False
        else:
            self._shortcut.keep_alive = self.parser.should_keep_alive() and not self._stopping
            self.cycle = self._shortcut  # type: ignore[assignment]

    def on_message_complete(self) -> None:
        """The last of a request."""
        if self._again:
            return
        shortcut, self._shortcut = self._shortcut, None
        if shortcut is None:
            super().on_message_complete()
        else:
            self._running = shortcut
            self.tasks.add(shortcut)  # type: ignore[arg-type]
            shortcut.start()

    def on_response_complete(self) -> None:
        """A reply was sent. One that did not wait for the request's end is the last: what is left of it is not waited for."""
        last = not self.pipeline and self.cycle is not None and self.cycle.response_complete
        unread = last and self.cycle.more_body
        super().on_response_complete()
        if unread:
            self.transport.close()
        elif last and self._last_word is not None:
            self._end(self._last_word)
        elif self._stopping and not self.transport.is_closing():
            self.loop.call_later(LAST_S, self._leave)

    def _refuse(self) -> None:
        """What is no request that we could read, as a problem like all others, and told like all others."""
        large = max(self._unfinished, self._head_bytes) > HEAD_BYTES
        problem = Problem(431, _TOO_LARGE) if large else Problem(400, "This is no HTTP/1.1 request.")
        reply = Front.of(self.app).refuse(problem, self.client)
        queued = bool(self.pipeline)
        if queued and self.cycle.more_body:  # the body of the last was broken off: it has its reply with this
            self.pipeline.popleft()
            self.cycle.response_complete, self.cycle.more_body = True, False
        if queued or (self._busy and not self.cycle.more_body):
            self._last_word = reply
        else:
            self._end(reply)

    def _end(self, reply: Reply) -> None:
        self._send(reply.status, reply.complete(), reply.body or b"", keep_alive=False)

    def _find_shortcut(self) -> Shortcut | None:
        """Not while another reply is under way, or waits for the client to read."""
        if self._busy or self.flow.write_paused:
            return None
        if self.parser.get_method() != b"GET" or self.parser.get_http_version() != "1.1":
            return None
        scope: Any = self.scope
        return Shortcut.find(self.app, scope, self.url, self._reply, self._hang_up)

    def _reply(self, status: int, headers: Headers, body: bytes) -> None:
        """What the shortcut has to say."""
        shortcut, self._running = self._running, None
        assert shortcut is not None
        self.tasks.discard(shortcut)
        self._send(status, headers, body, keep_alive=shortcut.keep_alive)
        self.on_response_complete()

    def _send(self, status: int, headers: Headers, body: bytes, *, keep_alive: bool) -> None:
        more = [] if keep_alive else [(b"connection", b"close")]
        self._gathering.send(as_http(status, [*self.server_state.default_headers, *headers, *more], body))
        if not keep_alive:
            self.transport.close()

    def _stop_waiting(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _hang_up(self) -> None:
        self._patience = None
        self.transport.close()

    def _leave(self) -> None:
        if not self._busy:
            self.transport.close()

    @property
    def _busy(self) -> bool:
        """Whether a reply is waited for, or under way."""
        return self.cycle is not None and not self.cycle.response_complete


def _without_wishes(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[bytes]:
    """The lines of a head that does not ask for another protocol."""
    for name, value in headers:
        if name == b"connection":
            options = [option.strip() for option in value.split(b",")]
            value = b", ".join(option for option in options if option.lower() not in _WISHES)
        if name not in _WISHES and (value or name != b"connection"):
            yield b"%b: %b" % (name, value)


class _Gathering:
    """A transport that sends what was written in one turn of the event loop at its end, together, and looks whether it goes."""

    __slots__ = ("_look", "_loop", "_parts", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._parts: list[bytes] = []
        self._look: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        if not self._parts:
            self._loop.call_soon(self._flush)
        self._parts.append(data)

    def send(self, data: bytes) -> None:
        """Now, and in one piece."""
        self._flush()
        self._transport.write(data)

    def close(self) -> None:
        self._flush()
        self._transport.close()
        self.watch()

    def watch(self) -> None:
        """Cut the connection if nothing of what waits to be sent goes for too long."""
        if self._look is None and (size := self._transport.get_write_buffer_size()):
            self._look = self._loop.call_later(UNREAD_S, self._cut, size)

    def rest(self) -> None:
        """Look no longer."""
        if self._look is not None:
            self._look.cancel()
            self._look = None

    def _cut(self, before: int) -> None:
        self._look = None
        if self._transport.get_write_buffer_size() >= before:
            self._transport.abort()
        else:
            self.watch()

    def _flush(self) -> None:
        parts, self._parts = self._parts, []
        if parts and not self._transport.is_closing():
            self._transport.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
