"""Replies whose bytes have a name before they are made: not made for who has them, and once for all who ask meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.errors import LateError
from ganzoo_serve.http.replies import caching
from ganzoo_serve.http.replies.reply import Headers, Reply
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Asked, Server
from ganzoo_serve.http.stock import Flight
from ganzoo_serve.http.waiting import wait

# Begins to draw, with so many seconds' patience, or as many as usual.
Start = Callable[[float | None], Pending]
# What is drawn, made into one body. It may take a while, and runs in a thread.
Compose = Callable[[list[Any]], bytes]


def headers(visit: Visit, asked: Asked, tag: str) -> Headers:
    """What such a reply is called and how long it may be kept."""
    return [
        (b"etag", tag.encode()),
        (
            b"cache-control",
            caching.control(pinned=asked.pinned, private=visit.private, seconds=visit.seconds),
        ),
    ]


def answered(server: Server, visit: Visit, headers: Headers, tag: str, media_type: str) -> Reply | None:
    """The reply to HEAD, and to a client that has the bytes already. Otherwise ``headers`` are complete for the reply."""
    if b"if-none-match" in visit.fields and caching.matches(visit.field(b"if-none-match"), tag):
        server.measures.not_modified.inc()
        return Reply(304, headers)
    headers.append((b"content-type", media_type.encode()))
    return Reply(200, headers) if visit.method == "HEAD" else None


def board(
    server: Server, visit: Visit, tag: str, images: int, start: Start, *, seconds: float | None
) -> bytes | Flight:
    """The bytes, if they are in stock; else the flight that brings them, new or under way. Whoever asks pays for ``images``.

    ``seconds`` is the client's own patience. Everyone who boards a flight ``land``s, or ``leave``s before.
    """
    stock, measures = server.stock, server.measures
    if stock.keeps and (found := stock.find(tag)) is not None:
        visit.charge(images)
        measures.hits.inc()
        return found
    flight = visit.paid(images, lambda: stock.board(tag, lambda: start(seconds)))
    if flight.waiting == 1:
        measures.misses.inc()
    else:
        measures.hits.inc()
        server.engine.wait_longer(flight.work, seconds)  # the patience of the first is not everybody's
    return flight


def land(server: Server, tag: str, flight: Flight) -> bytes:
    """The one body that a flight has brought. Raises what drawing raised."""
    body = None
    try:
        body = bytes(flight.work.future.result()[0])
        return body
    finally:
        server.stock.land(tag, flight, body)


def leave(server: Server, tag: str, flight: Flight) -> None:
    """Wait no longer. What nobody waits for is not drawn."""
    if server.stock.leave(tag, flight):
        server.engine.drop(flight.work)


async def body(
    server: Server, visit: Visit, receive: Receive, tag: str, images: int, start: Start, compose: Compose | None = None
) -> bytes:
    """The bytes: out of the stock, from whoever is drawing them already, or drawn; whoever asks pays for ``images``.

    Without ``compose`` the one result is the body. Raises what drawing raises, and ClientDisconnect if the client leaves before.
    """
    seconds = visit.patience_s
    flight = board(server, visit, tag, images, start, seconds=seconds)
    if isinstance(flight, bytes):
        return flight
    try:
        # Others wait for it too.
        waiting = wait(asyncio.shield(flight.work.future), receive, partial(leave, server, tag, flight))
        results = await (waiting if seconds is None else _within(seconds, flight, waiting))
    except ClientDisconnect:
        raise  # others may still be on board
    except Exception as error:
        if not isinstance(error, LateError) or flight.work.future.done():  # it may be late for us alone
            server.stock.land(tag, flight, None)
        raise
    if compose is None:
        return land(server, tag, flight)
    if flight.composing is None:
        flight.composing = asyncio.create_task(_compose(server, tag, flight, compose, results))
    return await asyncio.shield(flight.composing)


async def _within(seconds: float, flight: Flight, waiting: Coroutine[Any, Any, list[Any]]) -> list[Any]:
    """What is waited for, if all of it is begun in so many seconds: those who share a flight need not share their patience.

    Raises LateError.
    """
    task = asyncio.ensure_future(waiting)
    try:
        await asyncio.wait([task], timeout=seconds)
        if not task.done() and flight.work.left:
            raise LateError
        return await task
    finally:
        task.cancel()


async def _compose(server: Server, tag: str, flight: Flight, compose: Compose, results: list[Any]) -> bytes:
    made = None
    try:
        made = await server.engine.help(compose, results)
        return made
    finally:
        server.stock.land(tag, flight, made)
