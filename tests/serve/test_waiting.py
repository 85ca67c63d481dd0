import asyncio
import threading
import time

import pytest

from ganzoo_serve.drawing import Drawing
from ganzoo_serve.generator import Generator
from ganzoo_serve.limits import Limits
from ganzoo_serve.problems import Problem
from ganzoo_serve.waiting import WaitingRoom


@pytest.fixture
def slow(model_dir, monkeypatch):
    """A generator with one worker that draws only while ``gate`` is set."""
    with Generator.load(model_dir / "plain.onnx", device="cpu", workers=1) as generator:
        generator.gate = threading.Event()
        draw = generator.draw

        def gated(*args, **kwargs):
            generator.gate.wait(10)
            return draw(*args, **kwargs)

        monkeypatch.setattr(generator, "draw", gated)
        yield generator
        generator.gate.set()


def ask(generator, n):
    return Drawing.ask(generator, range(n))


def seed_zero(image):
    return int(image[0, 0, 0])


def test_results_come_in_order(plain):
    room = WaitingRoom(Limits())
    got = asyncio.run(room.draw(plain, ask(plain, 50), seed_zero))
    assert got == [seed_zero(image) for image in plain.sample(range(50))]
    assert room.samples == 0


def test_a_full_room_refuses_and_says_when_to_come_back(slow):
    room = WaitingRoom(Limits(waiting=10))

    async def crowd():
        first = asyncio.create_task(room.draw(slow, ask(slow, 8), seed_zero))
        await asyncio.sleep(0)
        with pytest.raises(Problem, match="8 samples are waiting and 10 may") as caught:
            await room.draw(slow, ask(slow, 3), seed_zero)
        assert caught.value.status == 429
        assert 1 <= int(caught.value.headers["Retry-After"]) <= 60
        second = asyncio.create_task(room.draw(slow, ask(slow, 2), seed_zero))
        slow.gate.set()
        assert len(await first) == 8
        assert len(await second) == 2

    asyncio.run(crowd())
    assert room.samples == 0


def test_alone_even_a_large_request_is_let_in(plain):
    room = WaitingRoom(Limits(waiting=1))
    assert len(asyncio.run(room.draw(plain, ask(plain, 5), seed_zero))) == 5


def test_retry_after_follows_the_measured_rate():
    room = WaitingRoom(Limits(waiting=100))
    room._seconds_per_sample = 0.25
    with room.enter(100), pytest.raises(Problem) as caught, room.enter(1):
        pass
    assert caught.value.headers == {"Retry-After": "25"}


def test_a_late_request_gets_504_and_leaves_the_queue(slow):
    room = WaitingRoom(Limits(deadline_s=0.05))

    async def late():
        async with room.deadline():
            await room.draw(slow, ask(slow, 20), seed_zero)

    with pytest.raises(Problem, match=r"Not finished within 0\.05 s") as caught:
        asyncio.run(late())
    assert caught.value.status == 504
    assert room.samples == 0
    slow.gate.set()
    assert slow.submit(lambda: "free").result(5) == "free"  # nothing of the late request is before us


def test_a_large_request_does_not_hold_up_a_small_one(slow):
    room = WaitingRoom(Limits())

    async def race():
        finished = []

        async def one(name, n):
            await room.draw(slow, ask(slow, n), seed_zero)
            finished.append(name)

        large = asyncio.create_task(one("large", 200))
        await asyncio.sleep(0)
        small = asyncio.create_task(one("small", 1))
        slow.gate.set()
        await asyncio.gather(large, small)
        assert finished == ["small", "large"]

    asyncio.run(race())


def test_a_failure_in_a_worker_reaches_the_caller_and_frees_its_place(plain):
    room = WaitingRoom(Limits())

    def fail(image):
        raise OSError("broken")

    async def draw():
        await room.draw(plain, ask(plain, 9), fail)

    with pytest.raises(OSError, match="broken"):
        asyncio.run(draw())
    assert room.samples == 0


def test_the_event_loop_stays_free_while_workers_draw(slow):
    async def watch():
        task = asyncio.create_task(WaitingRoom(Limits()).draw(slow, ask(slow, 1), seed_zero))
        started = time.monotonic()
        await asyncio.sleep(0.01)
        assert time.monotonic() - started < 5
        slow.gate.set()
        await task

    asyncio.run(watch())
