"""From the event loop to the threads and back."""

import asyncio
import gc
import threading
import time
import weakref

import numpy as np
import pytest
from live import Gate

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.engine import Engine
from ganzoo_serve.engine.watch import Watch
from ganzoo_serve.errors import BusyError, LateError
from ganzoo_serve.generator import Generator


@pytest.fixture
def slow(model_dir, monkeypatch):
    """A generator that draws only while ``gate`` is set, and counts its runs."""
    generator = Generator.load(model_dir / "plain.onnx", device="cpu")
    gate = Gate(generator, monkeypatch)
    gate.close()
    generator.gate, generator.runs = gate.opened, gate.drawn
    yield generator
    gate.open()


@pytest.fixture
def engine():
    engine = Engine(workers=1)
    yield engine
    engine.close()


def ask(generator, n, first=0):
    return Drawing.of_seeds(generator, range(first, first + n))


def corner(image):
    return int(image[0, 0, 0])


def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, 20))


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order_whatever_the_sizes_of_runs(plain, monkeypatch, workers):
    monkeypatch.setattr(plain, "sizes", (1, 2, 3, 4))
    monkeypatch.setattr(plain, "group", 6)
    engine = Engine(workers=workers)

    async def draw():
        return await asyncio.gather(*(engine.draw(ask(plain, n, 1000 * n), corner) for n in (1, 50, 7, 1, 23)))

    drawn = run(draw())
    engine.close()
    for n, got in zip((1, 50, 7, 1, 23), drawn, strict=True):
        assert got == [corner(image) for image in plain.sample(range(1000 * n, 1000 * n + n))]


def test_seeds_and_given_latents_share_a_run(slow, engine):
    slow.group, slow.sizes = 8, (1, 2, 3, 4, 5, 6, 7, 8)
    z = slow.latents([70, 80, 90])

    async def draw():
        first = asyncio.create_task(engine.draw(ask(slow, 1), np.copy))
        await asyncio.sleep(0.05)
        drawings = [ask(slow, 2, 5), Drawing.of_latents(slow, z), ask(slow, 1, 9)]
        rest = asyncio.gather(*(engine.draw(drawing, np.copy) for drawing in drawings))
        await asyncio.sleep(0.05)
        slow.gate.set()
        return [await first, *await rest]

    drawn = run(draw())
    assert slow.runs == [1, 6]
    expected = slow.sample([0, 5, 6, 70, 80, 90, 9])
    np.testing.assert_array_equal(np.concatenate(drawn), expected)


def test_a_full_queue_refuses_and_says_when_to_come_back(slow):
    engine = Engine(workers=1, waiting=10)

    async def crowd():
        begun = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)
        first = asyncio.create_task(engine.draw(ask(slow, 8), corner))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="8 samples are waiting and 10 may") as caught:
            engine.submit(ask(slow, 3), corner)
        assert 1 <= caught.value.retry_s <= 60
        second = asyncio.create_task(engine.draw(ask(slow, 2), corner))
        slow.gate.set()
        return len(await begun), len(await first), len(await second)

    assert run(crowd()) == (1, 8, 2)
    assert engine.waiting(slow) == 0
    engine.close()


def test_with_nobody_before_it_even_a_large_request_is_let_in(plain):
    engine = Engine(workers=1, waiting=1)
    assert len(run(engine.draw(ask(plain, 5), corner))) == 5
    engine.close()


def test_what_cannot_be_begun_in_time_is_refused_at_once_by_the_measured_pace(slow, engine):
    engine._crew._seconds_each[slow] = 0.5

    async def crowd():
        begun = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)
        waiting = [asyncio.create_task(engine.draw(ask(slow, 1), corner)) for _ in range(20)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match=r"will take 10 s, and you would wait 4 s\. Try again in 10 s") as caught:
            engine.submit(ask(slow, 1), corner, timeout_s=4)
        assert caught.value.retry_s == 10
        slow.gate.set()
        await begun
        await asyncio.gather(*waiting)

    run(crowd())


def test_who_passes_by_large_requests_is_not_refused_for_their_sake(slow, engine):
    engine._crew._seconds_each[slow] = 0.1

    async def crowd():
        begun = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)
        large = asyncio.create_task(engine.draw(ask(slow, 250), corner))
        await asyncio.sleep(0)
        small = asyncio.create_task(engine.draw(ask(slow, 1), corner, timeout_s=4))
        await asyncio.sleep(0)
        assert not small.done()
        slow.gate.set()
        await asyncio.gather(begun, large, small)

    run(crowd())


def test_before_its_first_run_a_model_takes_as_long_as_when_it_was_loaded(slow, engine):
    slow.use(slow.sizes, slow.group, seconds=2.0)

    async def crowd():
        begun = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)
        waiting = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="will take 2 s, and you would wait 1 s"):
            engine.submit(ask(slow, 1), corner, timeout_s=1)
        slow.gate.set()
        await asyncio.gather(begun, waiting)

    run(crowd())


def test_the_pace_is_learnt(plain, engine):
    run(engine.draw(ask(plain, 5), corner))
    assert 0 < engine._crew._seconds_each[plain] < 1


def test_a_model_that_went_away_is_kept_by_nobody(model_dir, engine):
    generator = Generator.load(model_dir / "plain.onnx", device="cpu")
    run(engine.draw(ask(generator, 20), corner))
    gone = weakref.ref(generator)
    del generator
    deadline = time.monotonic() + 10
    while gone() is not None and time.monotonic() < deadline:  # the thread has its last words
        gc.collect()
        time.sleep(0.01)
    assert gone() is None


def test_a_late_request_is_told_while_the_threads_are_busy_and_never_drawn(slow, engine):
    async def late():
        begun = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)
        with pytest.raises(LateError, match="Not begun in time"):
            await engine.draw(ask(slow, 20), corner, timeout_s=0.01)
        assert engine.waiting(slow) == 0
        slow.gate.set()
        await begun

    run(late())
    assert slow.runs == [1]


def test_a_request_may_wait_less_than_the_server_would_but_not_more(plain):
    engine = Engine(workers=1, deadline_s=0.5)

    async def deadlines():
        works = [engine.submit(ask(plain, 1), corner, timeout_s=seconds) for seconds in (None, 0.1, 99)]
        for work in works:
            await work.future
        return [work.deadline - works[0].deadline for work in works]

    first, less, more = run(deadlines())
    assert first == 0
    assert less == pytest.approx(-0.4, abs=0.05)
    assert more == pytest.approx(0, abs=0.05)
    engine.close()


def test_giving_up_frees_the_place_and_nothing_more_is_drawn(slow, engine):
    async def leave():
        begun = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)
        task = asyncio.create_task(engine.draw(ask(slow, 200), corner))
        await asyncio.sleep(0)
        assert engine.waiting(slow) == 200
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert engine.waiting(slow) == 0
        slow.gate.set()
        await begun

    run(leave())
    assert slow.runs == [1]


def test_a_large_request_does_not_hold_up_a_small_one(slow, engine):
    async def race():
        finished = []

        async def one(name, n):
            await engine.draw(ask(slow, n), corner)
            finished.append(name)

        large = asyncio.create_task(one("large", 200))
        await asyncio.sleep(0)
        small = asyncio.create_task(one("small", 1))
        await asyncio.sleep(0)
        slow.gate.set()
        await asyncio.gather(large, small)
        return finished

    assert run(race()) == ["small", "large"]


def test_a_failing_model_and_a_failing_encoder_reach_those_they_concern_only(slow, engine, monkeypatch):
    slow.gate.set()

    def broken(image):
        raise OSError("broken")

    async def draw():
        good = asyncio.create_task(engine.draw(ask(slow, 3), corner))
        with pytest.raises(OSError, match="broken"):
            await engine.draw(ask(slow, 9), broken)
        return await good

    assert len(run(draw())) == 3
    monkeypatch.setattr(slow, "run_checked", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(engine.draw(ask(slow, 3), corner))
    assert engine.waiting(slow) == 0
    monkeypatch.undo()
    assert len(run(engine.draw(ask(slow, 3), corner))) == 3  # the thread lives


def test_a_thread_outlives_whatever_goes_wrong_in_it(slow, monkeypatch):
    slow.gate.set()

    class Broken(Watch):
        def queued(self, model, seconds):
            raise RuntimeError("cannot count")

    engine = Engine(workers=1, watch=Broken())
    for _ in range(2):
        with pytest.raises(RuntimeError, match="cannot count"):
            run(engine.draw(ask(slow, 2), corner))
    engine.close()


def test_a_stream_gives_each_as_it_comes_and_closing_it_drops_the_rest(slow, engine, monkeypatch):
    slow.gate.set()
    permits, run_one = threading.Semaphore(5), slow.run_checked
    monkeypatch.setattr(slow, "run_checked", lambda *rest: (permits.acquire(timeout=10), run_one(*rest))[1])

    async def stream():
        got = []
        results = engine.stream(engine.submit(ask(slow, 40), corner))
        async for result in results:
            got.append(result)
            if len(got) == 5:
                break
        await results.aclose()
        assert engine.waiting(slow) == 0
        permits.release(50)
        return got

    assert run(stream()) == [corner(image) for image in slow.sample(range(5))]
    engine.close()
    assert sum(slow.runs) - 5 <= 6  # those of sample, and one that was begun


def test_a_stream_that_fails_says_so(plain, engine, monkeypatch):
    monkeypatch.setattr(plain, "run_checked", lambda *_: 1 / 0)

    async def stream():
        async for _ in engine.stream(engine.submit(ask(plain, 4), corner)):
            pass

    with pytest.raises(ZeroDivisionError):
        run(stream())


def test_the_event_loop_stays_free_while_threads_draw(slow, engine):
    async def watch():
        task = asyncio.create_task(engine.draw(ask(slow, 1), corner))
        started = time.monotonic()
        await asyncio.sleep(0.01)
        assert time.monotonic() - started < 5
        slow.gate.set()
        await task

    run(watch())


def test_idle_threads_share_what_waits(slow):
    """Eight samples and two idle threads are two runs of four, not one of eight."""
    slow.group, slow.sizes = 8, (1, 2, 4, 8)
    slow.gate.set()
    engine = Engine(workers=2)

    async def draw():
        await asyncio.gather(engine.draw(ask(slow, 1), corner), engine.draw(ask(slow, 1), corner))
        await asyncio.sleep(0.05)  # both idle
        slow.runs.clear()
        slow.gate.clear()
        task = asyncio.create_task(engine.draw(ask(slow, 8), corner))
        await asyncio.sleep(0.05)
        slow.gate.set()
        await task

    run(draw())
    engine.close()
    assert sorted(slow.runs) == [4, 4]


def test_whoever_counts_is_told(plain, monkeypatch):
    monkeypatch.setattr(plain, "sizes", (4,))
    monkeypatch.setattr(plain, "group", 8)
    told = []

    class Told(Watch):
        def queued(self, model, seconds):
            told.append(("queued", model, seconds >= 0))

        def drew(self, model, samples, batches, seconds):
            told.append(("drew", model, samples, list(batches)))

        def encoded(self, model, samples, seconds):
            told.append(("encoded", model, samples))

    engine = Engine(workers=1, watch=Told())
    run(engine.draw(ask(plain, 6), corner))
    engine.close()
    assert told == [("queued", "plain", True), ("drew", "plain", 6, [4, 4]), ("encoded", "plain", 6)]
