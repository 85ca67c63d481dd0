"""One request on its way: who asked, when, what became of it, and what every reply has."""

from __future__ import annotations

import random
import re
import time

from starlette.types import Message, Scope, Send

from ganzoo_serve.http.reply import Headers

# Nothing we send but the pages, which set their own, has any business loading something.
_POLICY = b"content-security-policy"
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_STRICT = [(_POLICY, b"default-src 'none'; frame-ancestors 'none'"), (b"referrer-policy", b"no-referrer")]

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Visit:
    """``status`` is 0 until the reply begins, ``sent`` counts the bytes of its body, ``route`` is a name for the count."""

    __slots__ = ("_headers", "began", "request_id", "route", "sent", "status", "trace")

    def __init__(self, scope: Scope, *, route: str = "") -> None:
        self.began, self.status, self.sent, self.route = time.perf_counter(), 0, 0, route
        self.trace: str | None = None
        scope["ganzoo.model"] = ""
        given = scope["ganzoo.headers"] = dict(scope["headers"])
        found = given.get(b"x-request-id")
        if found is None or not _REQUEST_ID.fullmatch(found):
            found = b"%016x" % random.getrandbits(64)
        self.request_id = found.decode("ascii")
        self._headers = [_NOSNIFF, (b"x-request-id", found)]
        parent = given.get(b"traceparent")
        if parent is not None and (traced := _TRACEPARENT.fullmatch(parent)):
            self.trace = traced[1].decode("ascii")
            self._headers.append((b"traceparent", parent))

    def complete(self, headers: Headers) -> Headers:
        """The headers of its reply, with what every reply has."""
        # A picture loads nothing, whatever it is allowed.
        if self.route == "image" or any(name == _POLICY for name, _ in headers):
            return [*headers, *self._headers]
        return [*headers, *self._headers, *_STRICT]

    def through(self, send: Send) -> Send:
        """``send``, with each reply completed and counted."""

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                message = {**message, "headers": self.complete(list(message.get("headers", ())))}
            else:
                self.sent += len(message.get("body", b""))
            await send(message)

        return completed
