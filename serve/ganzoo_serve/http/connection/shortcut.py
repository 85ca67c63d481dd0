"""A request for one image past ASGI: answered from the connection's own callbacks.

A task, its context, a lock's worth of events, a timer and a handful of messages for each request take as long as a sixth of
drawing a small image. None is needed where a request has no body, the reply comes in one piece, and the connection itself
tells that its client has gone.

There is none where something stands before ``Front`` that has to see every request, or addresses have a prefix: with
``--cors``, ``--proxies`` and ``--root-path`` images come through ASGI as all else does, and get the same replies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.types import Scope

from ganzoo_serve.http.answers import image, once
from ganzoo_serve.http.front import Front
from ganzoo_serve.http.replies import every
from ganzoo_serve.http.replies.reply import Headers, Reply
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.stock import Flight

# A body, patience of its own: what takes the way through ASGI.
_BEYOND = frozenset({b"content-length", b"transfer-encoding", b"expect", b"request-timeout-ms"})


class Shortcut:
    """One request. It stands where uvicorn expects a cycle and its task, and has what uvicorn looks at in those.

    ``write(status, headers, body)`` is called once, unless the client leaves before; ``hang_up()`` closes the connection.
    """

    more_body = response_started = False
    message_event = asyncio.Event()  # nobody waits for it

    def __init__(
        self,
        front: Front,
        scope: Scope,
        names: tuple[str, str],
        write: Callable[[int, Headers, bytes], None],
        hang_up: Callable[[], None],
    ) -> None:
        self.keep_alive, self.response_complete, self.disconnected = True, False, False
        self._front, self._scope, self._names, self._write, self._hang_up = front, scope, names, write, hang_up
        self._flight: Flight | None = None

    @classmethod
    def find(
        cls,
        app: object,
        scope: Scope,
        url: bytes,
        write: Callable[[int, Headers, bytes], None],
        hang_up: Callable[[], None],
    ) -> Shortcut | None:
        """The shortcut for a GET of ``url`` with the headers in ``scope``, which is completed; None if there is none."""
        if b"/images/" not in url or not isinstance(app, Front) or scope["root_path"]:
            return None
        path, _, query = url.partition(b"?")
        plain = url.isascii() and b"%" not in path and b"#" not in url
        if not plain or any(name in _BEYOND for name, _ in scope["headers"]):
            return None
        found = image.PATH.fullmatch(path.decode("ascii"))
        if found is None:
            return None
        scope["method"], scope["path"], scope["raw_path"], scope["query_string"] = "GET", found[0], path, query
        return cls(app, scope, (found[1], found[2]), write, hang_up)

    def start(self) -> None:
        """Answer, now or when the image is drawn."""
        self._visit = Visit(self._scope)
        try:
            reply = self._begin()
        except Exception as error:
            reply = self._front.refusal(self._visit, error)
        if reply is not None:
            self._finish(reply)

    def leave(self) -> None:
        """Nobody waits for the reply any more."""
        if not self.response_complete:
            self.response_complete = True
            if self._flight is not None:
                once.leave(self._front.server, self._order.tag, self._flight)
            self._front.tell(self._visit)

    def cancel(self, msg: object = None) -> None:
        """As a task's: there is no more time for it."""
        self.leave()
        self._hang_up()

    def _begin(self) -> Reply | None:
        front, visit = self._front, self._visit
        front.admit(visit)
        visit.route = every.IMAGE
        order = image.order(front.server, visit, *self._names)
        if isinstance(order, Reply):
            return order
        found = once.board(front.server, visit, order.tag, 1, order.start, seconds=None)
        if isinstance(found, bytes):
            return Reply(200, order.headers, order.finish(found))
        self._order, self._flight = order, found
        found.work.future.add_done_callback(self._drawn)
        return None

    def _drawn(self, _: asyncio.Future[list[Any]]) -> None:
        if self.response_complete:
            return
        assert self._flight is not None
        order = self._order
        try:
            body = once.land(self._front.server, order.tag, self._flight)
            reply = Reply(200, order.headers, order.finish(body))
        except Exception as error:
            reply = self._front.refusal(self._visit, error)
        self._finish(reply)

    def _finish(self, reply: Reply) -> None:
        visit, body = self._visit, reply.body
        visit.status = reply.status
        headers = every.complete(visit, reply.complete())
        visit.sent = len(body or b"")
        self.response_complete = True
        self._write(reply.status, headers, body or b"")
        self._front.tell(visit)
