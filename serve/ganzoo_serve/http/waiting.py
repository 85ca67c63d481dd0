"""Waiting for a drawing while looking whether its client still waits too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.http.reply import until_gone

# Whether the client is still there is looked at only if it has to wait: looking costs more than a small image.
_PATIENCE_S = 0.05


async def wait(work: Pending, receive: Receive, leave: Callable[[], Any]) -> list[Any]:
    """The results of a work. If the client hangs up, or we are cancelled, ``leave`` is called, once.

    It drops the work unless somebody else waits for it. Raises ClientDisconnect for the first, and what drawing raises.
    """
    loop = asyncio.get_running_loop()
    watch: asyncio.Task[None] | None = None

    def look() -> None:
        nonlocal watch
        watch = loop.create_task(until_gone(receive, leave))

    timer = loop.call_later(_PATIENCE_S, look)
    try:
        return await work.future
    except asyncio.CancelledError:
        if watch is not None and watch.done():
            raise ClientDisconnect from None
        leave()
        raise
    finally:
        timer.cancel()
        if watch is not None:
            watch.cancel()
