"""The outermost layer: who asks, may they, what became of it. It sees all but browsers' preflights, and shows no failure."""

from __future__ import annotations

import logging
import re
import time
import uuid
from typing import Any

from fastapi import FastAPI
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.access_log import AccessLog, Line
from ganzoo_serve.http.answers import image, samples
from ganzoo_serve.http.problem import Problem, from_error
from ganzoo_serve.http.replies import every, refusals
from ganzoo_serve.http.replies.reply import Reply
from ganzoo_serve.http.requests.keys import OPEN, Keys, Signer, key_in
from ganzoo_serve.http.requests.visit import VISIT, Visit, visit_of
from ganzoo_serve.http.server import Server

logger = logging.getLogger(__name__)

# The routes that do most of the work, past the framework: its way of finding, checking and sending costs three times as much
# as theirs. It has a description of them (routes/images.py), and nothing that answers.
_DIRECT: list[tuple[str, tuple[str, ...], re.Pattern[str], Any]] = [
    (every.IMAGE, ("GET", "HEAD"), image.PATH, image.answer),
    ("samples", ("POST",), samples.PATH, samples.answer),
]


class Front:
    """ASGI middleware, and the way of image addresses. ``keys``, and the server's signer, decide who is let in."""

    def __init__(self, app: FastAPI, *, server: Server, keys: Keys, log: AccessLog) -> None:
        app.add_middleware(_Aside)
        self.app, self.server = app, server
        self._keys, self._log = keys, log

    @staticmethod
    def of(app: object) -> Front:
        """The front of an application, inside what may be around it. Raises TypeError if it has none."""
        inner = app
        while not isinstance(inner, Front):
            if inner is None:
                raise TypeError(f"{app!r} is not what create_app made.")
            inner = getattr(inner, "app", None)  # CORS, forwarded headers
        return inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        visit = scope[VISIT] = Visit(scope)
        send = every.through(visit, send)
        try:
            await self._answer(visit, receive, send)
        except ClientDisconnect:
            pass  # nobody is there to read a reply
        except Exception as error:
            await self._fail(visit, receive, send, error)
        finally:
            self.tell(visit)

    async def _answer(self, visit: Visit, receive: Receive, send: Send) -> None:
        self.admit(visit)
        place = visit.place
        for name, methods, pattern, answer in _DIRECT:
            if visit.method in methods and (found := pattern.fullmatch(place)):
                visit.route = name
                reply = await answer(self.server, visit, receive, *found.groups())
                await reply.send(send, receive)
                return
        visit.scope["query_string"] = visit.query
        await self.app(visit.scope, receive, send)
        if visit.failure is not None:
            raise visit.failure

    def admit(self, visit: Visit) -> None:
        """Let the request in, or raise the Problem that keeps it out."""
        limit = self.server.limits.url_bytes
        if len(visit.scope["raw_path"]) + len(visit.query) > limit:
            raise Problem(414, f"The address is too long: expected at most {limit} bytes.")
        if not self._keys:
            return
        allowance = self._keys.find(visit.fields)
        free = visit.place in OPEN
        signed = not free and visit.method in ("GET", "HEAD") and Signer.signed(visit.query)
        signer = self.server.signer if signed else None
        if signer is not None:  # whoever has a signed address may have what is there, and keep it where others find it
            query, visit.seconds = signer.check(visit.path, visit.query.decode("latin-1"))
            visit.query = query.encode("latin-1")
        if allowance is not None:
            visit.private, visit.allowance = True, allowance
        elif signer is not None:
            visit.allowance = self._keys.signed
        elif free:
            visit.stranger = True
        else:
            wrong = "This is not a key of this server" if key_in(visit.fields) else "A key is needed"
            how = "send one as 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."
            raise Problem(401, f"{wrong}: {how}", headers={"WWW-Authenticate": "Bearer"})

    def refuse(self, problem: Problem, client: tuple[str, int] | None, *, log: bool = True) -> Reply:
        """The reply to what never became a request, with what every reply has; counted, and with ``log`` logged.

        All that is known of it is ``client``, an address and a port; its method and path are told as ``-`` and ``*``.
        """
        scope: Scope = {"method": "-", "path": "*", "query_string": b"", "headers": (), "client": client}
        visit = Visit(scope)
        reply = refusals.reply(problem, visit)
        reply = reply._replace(headers=every.complete(visit, reply.headers))
        visit.status, visit.sent = reply.status, len(reply.body or b"")
        self.tell(visit, log=log)
        return reply

    def refusal(self, visit: Visit, error: Exception) -> Reply:
        """The reply to a request that ended in this error. A failure is logged, and the reply has its number only."""
        problem = from_error(error, method=visit.method) if isinstance(error, ServeError) else None
        if problem is not None:
            return refusals.reply(problem, visit)
        number = uuid.uuid4()
        logger.error("Failure %s in %s %s", number, visit.method, visit.path, exc_info=error)
        problem = Problem(500, f"Something failed here. The server's log has it as {number}.")
        return refusals.reply(problem, visit, failure=number.urn)

    async def _fail(self, visit: Visit, receive: Receive, send: Send, error: Exception) -> None:
        reply = self.refusal(visit, error)
        if visit.status:  # too late for a status: the connection is cut, by whoever finds the reply unfinished
            if reply.status == 500:
                raise error
            visit.status = reply.status
            return
        await reply.send(send, receive)

    def tell(self, visit: Visit, *, log: bool = True) -> None:
        """Count a request that is over, and with ``log`` log it."""
        seconds = time.perf_counter() - visit.began
        status = visit.status or 499  # no reply: what nginx calls a client that left
        route = visit.route or getattr(visit.scope.get("route"), "name", None) or "none"
        self.server.measures.replied(visit.model, route, status, seconds)
        if visit.reason is not None:
            self.server.measures.rejected.labels(visit.reason).inc()
        if log and self._log.on:
            self._log.add(
                Line(
                    request_id=visit.request_id,
                    method=visit.method,
                    path=visit.path,
                    query=visit.query.decode("latin-1"),
                    status=status,
                    sent=visit.sent,
                    seconds=seconds,
                    client=visit.client,
                    trace=visit.trace,
                    time=time.time(),
                )
            )


class _Aside:
    """Around the framework's routes: lays what fails aside for ``Front``, before the framework answers in its own words."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            if scope["type"] != "http":
                raise
            visit_of(scope).failure = error
