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
        (
            b"cache-control",
            caching.control(pinned=asked.pinned, private=scope["ganzoo.private"], seconds=scope["ganzoo.seconds"]),
        ),
    ]


def answered(server: Server, scope: Scope, headers: Headers, tag: str, media_type: str) -> Reply | None:
    """The reply to HEAD, and to a client that has the bytes already. Otherwise ``headers`` are complete for the reply."""
    request: dict[bytes, bytes] = scope["ganzoo.headers"]
    if b"if-none-match" in request and caching.matches(request[b"if-none-match"].decode("latin-1"), tag):
        server.measures.not_modified.inc()
        return Reply(304, headers)
    headers.append((b"content-type", media_type.encode()))
    return Reply(200, headers) if scope["method"] == "HEAD" else None


async def body(
    server: Server,
    scope: Scope,
    receive: Receive,
    tag: str,
    images: int,
    start: Callable[[float | None], Pending],
    compose: Compose | None = None,
) -> bytes:
    """The bytes: out of the stock, from whoever is drawing them already, or drawn; whoever asks pays for ``images``.

    ``start`` takes the client's timeout in seconds. Without ``compose`` the one result is the body. Raises what drawing
    raises, and ClientDisconnect if the client leaves before.
    """
    charge(scope, images)
    seconds = timeout_s(scope)
    stock, measures = server.stock, server.measures
    if stock.keeps and (found := stock.find(tag)) is not None:
        measures.hits.inc()
        return found
    flight = stock.board(tag, lambda: start(seconds))
    if flight.waiting == 1:
        measures.misses.inc()
    else:
        measures.hits.inc()
        server.engine.wait_longer(flight.work, seconds)  # the patience of the first is not everybody's

    def leave() -> None:
        if stock.leave(tag, flight):
            server.engine.drop(flight.work)

    try:
        results = await wait(asyncio.shield(flight.work.future), receive, leave)  # others wait for it too
    except ClientDisconnect:
        raise  # others may still be on board
    except Exception:
        stock.land(tag, flight, None)
        raise
    if compose is None:
        made = bytes(results[0])
        stock.land(tag, flight, made)
        return made
    if flight.composing is None:
        flight.composing = asyncio.create_task(_compose(server, tag, flight, compose, results))
    return await asyncio.shield(flight.composing)


async def _compose(server: Server, tag: str, flight: Flight, compose: Compose, results: list[Any]) -> bytes:
    made = None
    try:
        made = await server.engine.help(compose, results)
        return made
    finally:
        server.stock.land(tag, flight, made)
