"""The load generator against scripted replies."""

import asyncio
import re
from collections import Counter
from itertools import count

import numpy as np
import pytest
from scripted_server import reply

from ganzoo_serve.bench import load
from ganzoo_serve.bench.asks import get
from ganzoo_serve.bench.load import arrivals, closed, open_loop
from ganzoo_serve.bench.tally import NO_REPLY
from ganzoo_serve.errors import ServeError

ASK = get("/images/SEED.png", begins=b"wh", ends=b"le")


def seeds_of(server):
    return [int(re.search(rb"/images/(\d+)\.png", request)[1]) for request in server.requests]


async def good(number, request, writer):
    writer.write(reply())


def after(seconds, data=None):
    async def answer(number, request, writer):
        await asyncio.sleep(seconds)
        writer.write(reply() if data is None else data)

    return answer


def test_every_client_asks_again_when_it_is_answered_and_never_before(scripted):
    server = scripted(after(0.02))
    tally = closed(server.address, ASK, count(), clients=3, seconds=0.5, warmup=0.1)
    assert server.most_connections == 3
    assert tally.seconds >= 0.5
    assert 10 < tally.good <= 3 * tally.seconds / 0.02 + 3
    assert min(tally.latencies) >= 0.019
    assert tally.requests_per_s == tally.good / tally.seconds
    assert tally.failed == 0


def test_bunches_of_replies_are_not_cut_through(scripted):
    """Four at a time every 0.1 s are 40 a second, whenever a measurement begins; by the clock 0.25 s would hold 8 or 12."""
    held = []

    async def answer(number, request, writer):
        held.append(writer)
        if len(held) == 4:
            await asyncio.sleep(0.1)
            for waiting in held:
                waiting.write(reply())
            held.clear()

    tally = closed(scripted(answer).address, ASK, count(), clients=4, seconds=0.25, warmup=0.13)
    assert tally.good % 4 == 0
    assert tally.requests_per_s <= 41
    assert tally.good >= 4


def test_every_seed_is_asked_for_once(scripted):
    server = scripted(good)
    seeds = count(7)
    closed(server.address, ASK, seeds, clients=4, seconds=0.1, warmup=0.05)
    open_loop(server.address, ASK, seeds, rate=200, seconds=0.1)
    asked = seeds_of(server)
    assert len(asked) > 50
    assert sorted(asked) == list(range(7, 7 + len(asked)))


def test_bodies_come_back_under_the_seed_they_were_asked_for_with(scripted):
    async def echo(number, request, writer):
        await asyncio.sleep(0.01 * (number % 3))  # so that answers overtake each other
        writer.write(reply(b"wh" + re.search(rb"/(\d+)\.png", request)[1] + b"le"))

    tally = closed(scripted(echo).address, ASK, count(100), clients=3, seconds=0.2, warmup=0)
    assert len(tally.bodies) == 8
    assert all(body == b"wh%dle" % seed for seed, body in tally.bodies.items())


def test_a_number_of_requests_ends_it_before_its_time(scripted):
    tally = closed(scripted(good).address, ASK, count(), clients=2, seconds=60, warmup=0, most=20)
    assert 20 <= tally.replies <= 22
    assert tally.seconds < 5


def test_statuses_wrong_bodies_and_retry_after_are_counted(scripted):
    script = [
        reply(),
        reply(b"who"),  # another end
        reply(b"", 429, "Retry-After: 3\r\n"),
        reply(b"", 503, "retry-after: 3\r\n"),
    ]

    async def answer(number, request, writer):
        writer.write(script[number % 4])

    tally = closed(scripted(answer).address, ASK, count(), clients=1, seconds=60, warmup=0, most=40)
    assert tally.statuses == {200: 20, 429: 10, 503: 10}
    assert (tally.good, tally.wrong, tally.failed) == (10, 10, 30)
    assert tally.retry_after == {"3": 20}
    assert len(tally.latencies) == 10  # of the good ones only


def test_304_is_good_where_it_is_expected_and_has_no_body_whatever_length_it_says(scripted):
    async def answer(number, request, writer):
        assert b"if-none-match: " in request
        writer.write(b"HTTP/1.1 304 Not Modified\r\ncontent-length: 99\r\n\r\n")

    ask = get("/images/1.png", more='if-none-match: "x"\r\n', status=304)
    tally = closed(scripted(answer).address, ask, count(), clients=1, seconds=60, warmup=0, most=10)
    assert (tally.good, tally.failed) == (10, 0)


def test_a_reply_may_come_in_any_pieces(scripted):
    async def answer(number, request, writer):
        for byte in reply():
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    tally = closed(scripted(answer).address, ASK, count(), clients=1, seconds=60, warmup=0, most=5)
    assert (tally.good, tally.failed) == (5, 0)


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",  # no length
        reply() + b"surplus",
        None,  # hangs up
    ],
)
def test_a_reply_that_cannot_be_read_is_none_and_the_client_comes_back(scripted, data):
    async def answer(number, request, writer):
        if data:
            writer.write(data)
        else:
            writer.close()

    server = scripted(answer)
    tally = closed(server.address, ASK, count(), clients=2, seconds=0.2, warmup=0)
    assert tally.statuses[NO_REPLY] > 5
    assert (tally.good, tally.failed) == (0, tally.replies)


def test_a_server_that_ends_a_connection_politely_gets_another(scripted):
    async def answer(number, request, writer):
        writer.write(reply(more="Connection: close\r\n"))
        await writer.drain()
        writer.close()

    tally = closed(scripted(answer).address, ASK, count(), clients=2, seconds=60, warmup=0, most=20)
    assert (tally.good >= 20, tally.failed) == (True, 0)


def test_a_server_that_goes_away_ends_it(scripted, monkeypatch):
    monkeypatch.setattr(load, "_MOST_LOSSES", 5)

    async def answer(number, request, writer):
        writer.close()

    tally = closed(scripted(answer).address, ASK, count(), clients=2, seconds=60, warmup=0)
    assert tally.statuses[NO_REPLY] >= 5
    assert tally.seconds < 5


# What is never answered


def tell_apart(answer):
    """``answer(client, number, writer)``, with the connections numbered from 0, and how many requests each has sent before."""
    clients, sent = {}, Counter()

    async def told(number, request, writer):
        client = clients.setdefault(writer, len(clients))
        sent[client] += 1
        await answer(client, sent[client] - 1, writer)

    return told


async def never():
    await asyncio.sleep(30)


def test_a_client_that_is_never_answered_is_counted(scripted, monkeypatch):
    monkeypatch.setattr(load, "_SLACK_S", 0.2)

    @tell_apart
    async def answer(client, number, writer):
        if client == 0:
            await never()
        writer.write(reply())

    tally = closed(scripted(answer).address, ASK, count(), clients=4, seconds=0.2, warmup=0.05)
    assert tally.statuses[NO_REPLY] == 1
    assert tally.failed == 1
    assert tally.good == tally.replies - 1 > 10
    assert 0.2 <= tally.seconds < 5


def test_a_server_that_falls_silent_fails_every_client(scripted, monkeypatch):
    monkeypatch.setattr(load, "_SLACK_S", 0.2)

    @tell_apart
    async def answer(client, number, writer):
        if number == 5:
            await never()
        await asyncio.sleep(0.02)
        writer.write(reply())

    tally = closed(scripted(answer).address, ASK, count(), clients=3, seconds=0.3, warmup=0)
    assert tally.failed == tally.statuses[NO_REPLY] == 3
    assert tally.good == 3 * 5 - 1  # the first opens the window


@pytest.fixture
def mortal(scripted):
    """``mortal(n)``: a server that answers the first n requests, each after 5 ms, then ends with all its connections."""

    def start(most):
        async def answer(number, request, writer):
            if number < most:
                await asyncio.sleep(0.005)
                writer.write(reply())
            else:
                server.leave()

        server = scripted(answer)
        return server

    return start


def test_a_server_that_is_gone_before_the_window_has_answered_nothing(mortal):
    tally = closed(mortal(10).address, ASK, count(), clients=2, seconds=60, warmup=0.5)
    assert (tally.good, tally.requests_per_s) == (0, 0)
    assert tally.failed == tally.statuses[NO_REPLY] >= 2
    assert tally.seconds < 5  # nobody is left to be waited for


def test_a_server_that_dies_in_the_window_fails_every_client(mortal):
    tally = closed(mortal(40).address, ASK, count(), clients=2, seconds=60, warmup=0)
    assert 30 < tally.good < 40
    assert tally.failed == tally.statuses[NO_REPLY] >= 2
    assert tally.seconds < 5


def test_what_takes_long_and_what_stands_in_line_is_no_failure(scripted, monkeypatch):
    """One at a time for 24 clients: each waits for longer than the window, and each step for longer than the slack."""
    monkeypatch.setattr(load, "_SLACK_S", 0.05)
    one_at_a_time = asyncio.Semaphore(1)

    async def answer(number, request, writer):
        async with one_at_a_time:
            await asyncio.sleep(0.06)
            writer.write(reply())

    tally = closed(scripted(answer).address, ASK, count(), clients=24, seconds=0.2, warmup=0.3)
    assert tally.failed == 0
    assert tally.good <= 6


# Open loop


def test_random_requests_come_at_the_rate_and_do_not_wait_for_answers(scripted):
    server = scripted(after(0.1))
    tally = open_loop(server.address, ASK, count(), rate=400, seconds=0.5)
    assert tally.good == 200
    assert server.most_connections > 20  # 400/s x 0.1 s are under way at a time
    assert min(tally.latencies) >= 0.099
    assert len(tally.lateness) == 200


def test_time_runs_from_when_a_request_was_meant_to_be_sent(scripted):
    """One connection is a queue: each leaves a service time after it came or after the one before left (Lindley)."""
    server = scripted(after(0.02))
    tally = open_loop(server.address, ASK, count(), rate=200, seconds=0.15, connections=1, rng_seed=5)
    assert server.most_connections == 1
    assert tally.good == 30
    came = np.array(arrivals(200, 0.15, 5))
    left = [came[0] + 0.02]
    for moment in came[1:]:
        left.append(max(moment, left[-1]) + 0.02)
    assert max(left - came) > 0.3  # of which it is in the server for 0.02
    late = np.array(tally.latencies) - (left - came)  # by what each reply takes over its 20 ms, which adds up
    assert late.min() > -0.005
    assert late.max() < 3
    assert tally.seconds >= left[-1]  # up to the last reply


def test_what_is_not_answered_in_time_counts_as_not_answered(scripted):
    tally = open_loop(scripted(after(30)).address, ASK, count(), rate=100, seconds=0.1, connections=4, patience=0.2)
    assert tally.statuses == {NO_REPLY: 10}
    assert (tally.good, tally.failed) == (0, 10)
    assert tally.seconds < 5


def test_connections_are_made_before_they_are_needed(scripted):
    server = scripted(good)
    open_loop(server.address, ASK, count(), rate=100, seconds=0.02, connections=9, ready=20)
    assert server.most_connections == 9


def test_arrivals_are_poisson_and_the_same_for_a_seed():
    times = arrivals(1000, 20, 1)
    assert times == arrivals(1000, 20, 1)
    assert times != arrivals(1000, 20, 2)
    counts = np.histogram(times, bins=np.arange(0, 19, 0.01))[0]
    assert counts.mean() == pytest.approx(10, rel=0.05)
    assert counts.var() == pytest.approx(10, rel=0.15)  # its mean, as of a Poisson variable
    assert len(arrivals(0.1, 1, 1)) == 1


# Bounds


@pytest.mark.parametrize(
    "host", ["10.0.0.1", "192.168.1.7", "0.0.0.0", "93.184.216.34", "example.com", "localhost", "::"]
)
def test_no_load_leaves_this_machine(host):
    for run in (
        lambda: closed((host, 80), ASK, count(), clients=1, seconds=0.1),
        lambda: open_loop((host, 80), ASK, count(), rate=1, seconds=1),
    ):
        with pytest.raises(ServeError, match="is not this machine"):
            run()


def test_load_is_bounded():
    here = ("127.0.0.1", 9)
    with pytest.raises(ServeError, match="clients"):
        closed(here, ASK, count(), clients=10**6, seconds=1)
    with pytest.raises(ServeError, match="1000 s"):
        closed(here, ASK, count(), clients=1, seconds=10**6)
    with pytest.raises(ServeError, match="connections"):
        open_loop(here, ASK, count(), rate=1, seconds=1, connections=10**6)
    with pytest.raises(ServeError, match="1000 s"):
        open_loop(here, ASK, count(), rate=0.001, seconds=10**6)


def test_nobody_there_is_an_error_a_user_can_read(unused_port):
    with pytest.raises(ServeError, match=f"No connection to 127.0.0.1:{unused_port}"):
        closed(("127.0.0.1", unused_port), ASK, count(), clients=1, seconds=0.1)


@pytest.fixture
def unused_port():
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]
