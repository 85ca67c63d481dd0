"""One request on its way, in one record: what was asked, who asked, and what became of it.

It is made where the request comes in, and goes along to whatever answers; past the framework as ``scope[VISIT]``.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.types import Scope

from ganzoo_serve.errors import BusyError
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests.keys import Allowance

T = TypeVar("T")

VISIT = "ganzoo.visit"

MILLISECONDS = "[0-9]{1,9}"  # of Request-Timeout-Ms

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")


class Visit:
    """What was asked: ``method``, ``path`` as it came, of which ``root`` is what a proxy took off, ``query``, and header
    ``fields`` by their lower-case names, the last of those that are there twice. ``scope`` has the rest of it, as ASGI says it.

    Who asked, as soon as they were let in: ``allowance`` of whose key, if any; ``private`` if it took one; ``seconds`` that a
    signed address still holds; ``stranger`` is without a key where one is needed, at a door that is open.

    What it is called: ``request_id``, its own or a new one, and ``trace``, the id in its ``traceparent``, if it has one.

    What became of it: the ``model`` and ``route`` that it is counted under, ``status``, 0 until the reply begins, the bytes
    ``sent`` of its body, the ``reason`` of a refusal that is nobody's mistake, and the ``failure`` that is nobody's refusal.
    """

    __slots__ = (
        "allowance",
        "began",
        "failure",
        "fields",
        "method",
        "model",
        "path",
        "private",
        "query",
        "reason",
        "request_id",
        "root",
        "route",
        "scope",
        "seconds",
        "sent",
        "status",
        "stranger",
        "trace",
    )

    def __init__(self, scope: Scope) -> None:
        self.began, self.scope = time.perf_counter(), scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.root: str = scope.get("root_path", "")
        self.query: bytes = scope["query_string"]
        self.fields: dict[bytes, bytes] = dict(scope["headers"])
        self.allowance: Allowance | None = None
        self.private = self.stranger = False
        self.seconds: int | None = None
        self.model = self.route = ""
        self.status = self.sent = 0
        self.reason: str | None = None
        self.failure: Exception | None = None
        self.trace: str | None = None
        found = self.fields.get(b"x-request-id")
        if found is None or not _REQUEST_ID.fullmatch(found):
            found = b"%016x" % random.getrandbits(64)
        self.request_id = found.decode("ascii")
        parent = self.fields.get(b"traceparent")
        if parent is not None and (traced := _TRACEPARENT.fullmatch(parent)):
            self.trace = traced[1].decode("ascii")

    @property
    def place(self) -> str:
        """The path without what a proxy took off it."""
        return self.path.removeprefix(self.root)

    @property
    def client(self) -> str:
        """Whose address it came from, as far as that is known."""
        client = self.scope.get("client")
        return client[0] if client else "-"

    def field(self, name: bytes) -> str:
        """A field of the request's head, or an empty text."""
        return self.fields.get(name, b"").decode("latin-1")

    @property
    def patience_s(self) -> float | None:
        """What ``Request-Timeout-Ms`` says, in seconds. Raises Problem 400 if that is no number."""
        text = self.fields.get(b"request-timeout-ms")
        if text is None:
            return None
        if not re.fullmatch(MILLISECONDS.encode(), text):
            raise Problem(400, "Request-Timeout-Ms is no number of milliseconds.")
        return int(text) / 1000

    def charge(self, images: int) -> None:
        """Charge whoever asks, if somebody with a key does. Raises Problem 429."""
        if self.allowance is not None:
            self.allowance.charge(images)

    def paid(self, images: int, begin: Callable[[], T]) -> T:
        """``begin()``, charged as by ``charge``; what is not even queued costs nothing. Raises Problem 429 and BusyError."""
        self.charge(images)
        try:
            return begin()
        except BusyError:
            if self.allowance is not None:
                self.allowance.refund(images)
            raise


def visit_of(scope: Any) -> Visit:
    """The visit that a request of the framework's is."""
    found: Visit = scope[VISIT]
    return found
