"""Waiting for a drawing while looking whether its client still waits too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from ganzoo_serve.http.replies.reply import until_gone

T = TypeVar("T")

# Whether the client is still there is looked at only if it has to wait: looking costs more than a small image.
_PATIENCE_S = 0.05


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
