"""More connections than there is room for."""

import contextlib
import io
import json

import pytest
from live import Live, read_all, request, until

from ganzoo_serve import serving
from ganzoo_serve.http.access_log import AccessLog
from ganzoo_serve.http.app import Settings
from ganzoo_serve.http.connection import crowd

LIVE, READY = request("/livez"), request("/readyz")


@pytest.fixture
def full(catalogue):
    """A server with room for two."""
    with Live(catalogue, Settings(), connections=2) as live:
        yield live


def ask(connection):
    connection.sendall(LIVE)
    return connection.recv(65536)


def test_who_comes_when_it_is_full_is_told_so_and_who_is_in_stays(full, caplog):
    with full.connect() as first, full.connect() as second:
        assert ask(first).startswith(b"HTTP/1.1 200")
        assert ask(second).startswith(b"HTTP/1.1 200")
        for _ in range(3):
            with full.connect() as third:
                third.sendall(READY)
                head, _, body = read_all(third).partition(b"\r\n\r\n")  # it ends
            assert head.startswith(b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\n")
            assert b"\r\nretry-after: 1" in head
            assert b"Too many are connected" in body
            assert b"\r\ncontent-length: %d" % len(body) in head
        with full.connect() as supervisor:
            supervisor.sendall(LIVE)
            assert read_all(supervisor).endswith(b'\r\n\r\n{"live":true}')
        assert caplog.text.count("2 connections are open, and no more may be") == 1
        assert ask(first).startswith(b"HTTP/1.1 200")
        second.close()
        until(lambda: len(full.server.server_state.connections) == 1)
        with full.connect() as fourth:
            assert ask(fourth).startswith(b"HTTP/1.1 200")


def test_who_is_refused_is_counted_and_gets_what_every_reply_has_but_no_line_in_the_log(catalogue):
    log = io.StringIO()
    with Live(catalogue, Settings(log=AccessLog("json", log)), connections=1) as live, live.connect() as first:
        for _ in range(3):
            with live.connect() as other:
                other.sendall(READY)
                head = read_all(other)
            for field in (
                b"x-request-id: ",
                b"x-content-type-options: nosniff",
                b"content-security-policy: default-src",
            ):
                assert b"\r\n" + field in head
        first.sendall(request("/metrics", "Connection: close"))
        counts = read_all(first).decode()
        assert 'ganzoo_rejected_total{reason="connections"} 3.0' in counts
        assert 'ganzoo_requests_total{code="503",model="",route="none"} 3.0' in counts
        until(log.getvalue)
    assert [json.loads(line)["path"] for line in log.getvalue().splitlines()] == ["/metrics"]


def test_a_crowd_that_says_nothing_is_not_kept(full, monkeypatch):
    monkeypatch.setattr(crowd, "PATIENCE_S", 0.2)
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(full.connect()) for _ in range(20)]
        assert [read_all(connection) for connection in idle[2:]] == [b""] * 18  # they end
        assert len(full.server.server_state.connections) == 2


@pytest.mark.parametrize(
    ("allowed", "room"), [((256, 4096), 1024), ((4096, 4096), 1024), ((256, 600), 472), ((64, 100), 1)]
)
def test_connections_are_open_files(monkeypatch, allowed, room):
    resource = pytest.importorskip("resource")
    limits = [allowed]
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: limits.append(pair))
    assert serving._room(1024) == room
    assert limits[-1] == (max(min(1024 + 128, allowed[1]), allowed[0]), allowed[1])
