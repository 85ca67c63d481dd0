"""Having something drawn for a visit, and waiting for it while looking whether its client still waits too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.generator import Images
from ganzoo_serve.http.replies.reply import until_gone
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server

T = TypeVar("T")

# Whether the client is still there is looked at only if it has to wait: looking costs more than a small image.
_PATIENCE_S = 0.05


def begin(server: Server, visit: Visit, drawing: Drawing, finish: Callable[[Images], Any]) -> Pending:
    """A drawing, paid and queued; ``finish(image)`` makes a result of each image. Raises Problem 400, 429 and BusyError."""
    seconds = visit.patience_s
    return visit.paid(len(drawing), lambda: server.engine.submit(drawing, finish, timeout_s=seconds))


async def drawn(
    server: Server, visit: Visit, receive: Receive, drawing: Drawing, finish: Callable[[Images], T]
) -> list[T]:
    """``finish(image)`` of every image, in order. Raises what ``begin`` and drawing raise, and ClientDisconnect."""
    work = begin(server, visit, drawing, finish)
    return await wait(work.future, receive, lambda: server.engine.drop(work))


def pixels(image: Images) -> Images:
    """What is to be done with each image as it is drawn: nothing yet."""
    return image


async def wait(results: Awaitable[T], receive: Receive, leave: Callable[[], Any]) -> T:
    """What of a work is awaited. If the client hangs up, or we are cancelled, ``leave`` is called, once.

    It drops the work unless somebody else waits for it. Raises ClientDisconnect for the first, and what drawing raises.
    """
    loop = asyncio.get_running_loop()
    watch: asyncio.Task[None] | None = None

    def look() -> None:
        nonlocal watch
        watch = loop.create_task(until_gone(receive, leave))

    timer = loop.call_later(_PATIENCE_S, look)
    try:
        return await results
    except asyncio.CancelledError:
        if watch is not None and watch.done():
            raise ClientDisconnect from None
        leave()
        raise
    finally:
        timer.cancel()
        if watch is not None:
            watch.cancel()
