"""Replies whose bytes have a name before they are made: not made for who has them, and once for all who ask meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.http import caching
from ganzoo_serve.http.address import timeout_s
from ganzoo_serve.http.keys import charge
from ganzoo_serve.http.reply import Headers, Reply
from ganzoo_serve.http.server import Asked, Server
from ganzoo_serve.http.stock import Flight
from ganzoo_serve.http.waiting import wait

# What is drawn, made into one body. It may take a while, and runs in a thread.
Compose = Callable[[list[Any]], bytes]


def headers(scope: Scope, asked: Asked, tag: str) -> Headers:
    """What such a reply is called and how long it may be kept."""
    return [
        (b"etag", tag.encode()),
        (b"cache-control", caching.control(pinned=asked.pinned, private=scope["ganzoo.private"])),
    ]


async def reply(
    server: Server,
    scope: Scope,
    receive: Receive,
    headers: Headers,
    *,
    tag: str,
    media_type: str,
    images: int,
    start: Callable[[float | None], Pending],
    compose: Compose | None = None,
) -> Reply:
    """The reply to GET or HEAD; ``start`` (with the client's timeout in seconds) draws ``images``, if it comes to that.

    Without ``compose`` the one result is the body. Raises what drawing raises, and ClientDisconnect if the client leaves before.
    """
    request: dict[bytes, bytes] = scope["ganzoo.headers"]
    if b"if-none-match" in request and caching.matches(request[b"if-none-match"].decode("latin-1"), tag):
        server.measures.not_modified.inc()
        return Reply(304, headers)
    headers.append((b"content-type", media_type.encode()))
    if scope["method"] == "HEAD":
        return Reply(200, headers)
    charge(scope, images)
    seconds = timeout_s(scope)
    return Reply(200, headers, await _body(server, receive, tag, lambda: start(seconds), compose))


async def _body(
    server: Server, receive: Receive, tag: str, start: Callable[[], Pending], compose: Compose | None
) -> bytes:
    """Out of the stock, from whoever is drawing it already, or drawn."""
    stock, measures = server.stock, server.measures
    if stock.keeps and (found := stock.find(tag)) is not None:
        measures.hits.inc()
        return found
    flight = stock.board(tag, start)
    (measures.misses if flight.waiting == 1 else measures.hits).inc()

    def leave() -> None:
        if stock.leave(tag, flight):
            server.engine.drop(flight.work)

    try:
        results = await wait(flight.work.future, receive, leave)
    except ClientDisconnect:
        raise  # others may still be on board
    except Exception:
        stock.land(tag, flight, None)
        raise
    if compose is None:
        body = bytes(results[0])
        stock.land(tag, flight, body)
        return body
    if flight.composing is None:
        flight.composing = asyncio.create_task(_compose(server, tag, flight, compose, results))
    return await asyncio.shield(flight.composing)  # others wait for it too


async def _compose(server: Server, tag: str, flight: Flight, compose: Compose, results: list[Any]) -> bytes:
    body = None
    try:
        body = await server.engine.help(compose, results)
        return body
    finally:
        server.stock.land(tag, flight, body)
