"""A client that leaves while it waits takes its work along, however the server tells us."""

import asyncio

import pytest
from starlette.requests import ClientDisconnect

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.http.waiting import wait


class LostError(Exception):
    """A server's way to say that there is no client any more."""


@pytest.mark.parametrize("message", [{"type": "http.disconnect"}, LostError()])
def test_work_is_dropped_once_when_its_client_is_gone(plain, message):
    async def receive():
        if isinstance(message, Exception):
            raise message
        return message

    async def main():
        left = []

        def leave():
            left.append(work)
            work.future.cancel()

        work = Pending(Drawing.of_seeds(plain, [0]), bytes, deadline=0)
        with pytest.raises(ClientDisconnect):
            await asyncio.wait_for(wait(work.future, receive, leave), 10)
        assert left == [work]

    asyncio.run(main())


def test_work_is_dropped_once_when_its_request_is_cancelled_and_the_client_lost_at_once(plain):
    gone = asyncio.Event()

    async def receive():
        await gone.wait()
        raise LostError

    async def main():
        left = []
        work = Pending(Drawing.of_seeds(plain, [0]), bytes, deadline=0)
        request = asyncio.create_task(wait(work.future, receive, lambda: left.append(work)))
        await asyncio.sleep(0.1)
        gone.set()
        await asyncio.sleep(0)
        request.cancel()
        with pytest.raises((ClientDisconnect, asyncio.CancelledError)):
            await request
        assert left == [work]

    asyncio.run(main())
