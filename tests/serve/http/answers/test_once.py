"""Identical requests in flight: drawn once, composed once, for all who stay."""

import asyncio
import threading

import pytest

from ganzoo_serve.http.answers import grid
from ganzoo_serve.http.app import create_app

PATHS = ["images/70.png", "grid.png?seeds=70-78", "interpolate.webp?from=70&to=71&steps=9"]


class Gate:
    """Holds the model up until it is opened, and counts what is drawn and encoded."""

    def __init__(self, generator, monkeypatch):
        self.opened, self.drawn, self.composed = threading.Event(), 0, 0
        run, picture = generator.run_checked, grid.picture

        def slow(z, labels, truncation):
            assert self.opened.wait(5)
            self.drawn += len(z)
            return run(z, labels, truncation)

        def counted(*args, **kwargs):
            self.composed += 1
            return picture(*args, **kwargs)

        monkeypatch.setattr(generator, "run_checked", slow)
        monkeypatch.setattr(grid, "picture", counted)


@pytest.fixture
def gate(catalogue, monkeypatch):
    gate = Gate(catalogue["plain"].generator, monkeypatch)
    yield gate
    gate.opened.set()


async def get(app, path, gone):
    """The reply's messages to a client that hangs up when ``gone`` is set."""
    path, _, query = f"/v1/models/plain/{path}".partition("?")
    sent = []

    async def receive():
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode()}
    scope |= {"headers": [], "root_path": "", "http_version": "1.1", "scheme": "http", "server": ("test", 80)}
    await app(scope, receive, send)
    return sent


def body(sent):
    assert sent[0]["status"] == 200
    return b"".join(message.get("body", b"") for message in sent[1:])


async def on_board(app, n):
    """Wait until so many wait for one flight."""
    while not any(flight.waiting == n for flight in app.server.stock._flights.values()):
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("path", PATHS)
def test_all_who_ask_meanwhile_get_the_same_body_of_one_drawing(catalogue, gate, path):
    async def main():
        app, stays = create_app(catalogue), asyncio.Event()
        asking = [asyncio.create_task(get(app, path, stays)) for _ in range(4)]
        await on_board(app, 4)
        gate.opened.set()
        bodies = {body(sent) for sent in await asyncio.gather(*asking)}
        assert len(bodies) == 1
        assert not app.server.stock._flights

    asyncio.run(asyncio.wait_for(main(), 5))
    assert gate.drawn == (1 if path.startswith("images") else 9)
    assert gate.composed == (1 if path.startswith("grid") else 0)


@pytest.mark.parametrize("path", PATHS)
def test_who_hangs_up_takes_nothing_from_the_others(catalogue, gate, path):
    async def main():
        app, stays, leaves = create_app(catalogue), asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(get(app, path, leaves))
        second = asyncio.create_task(get(app, path, stays))
        await on_board(app, 2)
        leaves.set()
        await on_board(app, 1)
        third = asyncio.create_task(get(app, path, stays))
        await on_board(app, 2)
        gate.opened.set()
        assert body(await second) == body(await third)
        await first

    asyncio.run(asyncio.wait_for(main(), 5))
    assert gate.drawn == (1 if path.startswith("images") else 9)


@pytest.mark.parametrize("path", PATHS)
def test_nothing_is_left_of_what_nobody_waits_for(catalogue, gate, path):
    async def main():
        app, leaves = create_app(catalogue), asyncio.Event()
        asking = asyncio.create_task(get(app, path, leaves))
        await on_board(app, 1)
        leaves.set()
        assert all(message.get("status", 499) == 499 for message in await asking)
        assert not app.server.stock._flights

    asyncio.run(asyncio.wait_for(main(), 5))


@pytest.mark.parametrize("path", PATHS)
def test_a_failure_is_everybodys_and_not_kept(catalogue, monkeypatch, path):
    def fail(*args):
        raise ValueError("broken")

    async def main():
        app, stays = create_app(catalogue), asyncio.Event()
        with monkeypatch.context() as broken:
            broken.setattr(catalogue["plain"].generator, "run_checked", fail)
            replies = await asyncio.gather(*(get(app, path, stays) for _ in range(2)))
            assert [sent[0]["status"] for sent in replies] == [500, 500]
        assert not app.server.stock._flights
        assert body(await get(app, path, stays))

    asyncio.run(asyncio.wait_for(main(), 5))
