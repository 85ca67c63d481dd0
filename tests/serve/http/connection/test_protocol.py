"""A real server and bare sockets: clients that leave, dawdle, shout, or come many at once."""

import asyncio
import contextlib
import io
import json
import re
import socket
import threading
import time

import httpx
import pytest
from live import Gate, Live, read_all, request, until

from ganzoo_serve.http.access_log import AccessLog
from ganzoo_serve.http.app import Settings
from ganzoo_serve.http.connection import protocol
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.models.catalogue import Catalogue

IMAGE = "/v1/models/plain/images/5.png"


@pytest.fixture(params=["shortcut", "asgi"], name="live")
def _live(request, model_dir, monkeypatch):
    """Images take the shortcut, or, as behind a proxy, none."""
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    gate = Gate(catalogue["plain"].generator, monkeypatch)
    with Live(catalogue, Settings(workers=1), shortcut=request.param == "shortcut", gate=gate) as live:
        yield live


def statuses(replies):
    return re.findall(rb"HTTP/1\.1 (\d+) ", replies)


def occupy(live):
    """Keep the only thread busy, so that what comes now waits."""
    live.gate.close()
    connection = live.connect()
    connection.sendall(request("/v1/models/plain/images/1.png"))
    time.sleep(0.1)
    return connection


@pytest.mark.parametrize("how", ["half", "whole"])
@pytest.mark.parametrize(
    "asked",
    [
        request(IMAGE),
        request("/v1/models/plain/samples", method="POST", body=b'{"n": 200}'),
        request("/v1/models/plain/samples", method="POST", body=b'{"n": 200, "layout": "tar"}'),
    ],
    ids=["image", "samples", "stream"],
)
def test_who_hangs_up_leaves_the_queue(live, how, asked):
    with occupy(live), live.connect() as connection:
        connection.sendall(asked)
        until(lambda: live.waiting() > 0)
        if how == "half":
            connection.shutdown(socket.SHUT_WR)
        else:
            connection.close()
        until(lambda: live.waiting() == 0)
    live.gate.open()
    assert httpx.get(live.url + IMAGE).status_code == 200


def test_who_hangs_up_in_the_middle_of_a_stream_leaves_the_queue(live, monkeypatch):
    body = json.dumps({"n": 256, "layout": "ndjson"}).encode()
    generator = live.catalogue["plain"].generator
    run = generator.run_checked
    monkeypatch.setattr(generator, "run_checked", lambda *rest: (time.sleep(0.05), run(*rest))[1])
    with live.connect() as connection:
        connection.sendall(request("/v1/models/plain/samples", method="POST", body=body))
        assert b"200 OK" in connection.recv(200)
        assert live.waiting() > 0
    until(lambda: live.waiting() == 0, 5)


def test_the_same_image_for_many_is_drawn_once_and_one_who_leaves_takes_it_from_nobody(live):
    with occupy(live), live.connect() as leaver, live.connect() as stayer:
        leaver.sendall(request(IMAGE))
        until(lambda: live.waiting() == 1)
        stayer.sendall(request(IMAGE, "Connection: close"))
        time.sleep(0.1)
        assert live.waiting() == 1
        leaver.close()
        time.sleep(0.2)
        assert live.waiting() == 1
        live.gate.open()
        assert b"\x89PNG" in read_all(stayer)
        assert live.gate.drawn == [1, 1]


def test_the_patience_of_the_first_is_not_everybodys(live):
    async def two():
        async with httpx.AsyncClient(base_url=live.url, timeout=20) as client:
            impatient = asyncio.create_task(client.get(IMAGE, headers={"Request-Timeout-Ms": "100"}))
            await asyncio.sleep(0.05)
            patient = asyncio.create_task(client.get(IMAGE))
            await asyncio.sleep(0.8)
            live.gate.open()
            return (await impatient).status_code, (await patient).status_code

    with occupy(live):
        assert asyncio.run(two()) == (504, 200)


def test_who_comes_later_may_be_less_patient(live):
    async def two():
        async with httpx.AsyncClient(base_url=live.url, timeout=20) as client:
            patient = asyncio.create_task(client.get(IMAGE))
            await asyncio.sleep(0.1)
            impatient = await client.get(IMAGE, headers={"Request-Timeout-Ms": "100"})
            live.gate.open()
            return impatient.status_code, (await patient).status_code

    with occupy(live):
        assert asyncio.run(two()) == (504, 200)


def test_a_reply_comes_in_one_piece(live):
    with live.connect() as connection:
        connection.sendall(request(IMAGE))
        first = connection.recv(65536)
        head, _, body = first.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"content-length"))
        assert len(body) == length


def test_fields_after_the_body_are_no_part_of_the_head(live):
    with live.connect() as connection:
        connection.sendall(request("/livez", "Transfer-Encoding: chunked", "X-Request-Id: head"))
        connection.sendall(b"0\r\nX-Request-Id: trailer\r\n" + b"a: b\r\n" * 1000 + b"\r\n")
        assert b"x-request-id: head" in connection.recv(65536)


def test_who_does_not_send_what_was_refused_anyway_is_not_waited_for(live):
    with live.connect() as connection:
        connection.sendall(request("/v1/models/plain/samples", "Content-Length: 1000", method="POST") + b"{")
        reply = read_all(connection)  # ends: the connection was closed
        assert reply.startswith(b"HTTP/1.1 415")


def test_requests_in_a_row_on_one_connection_are_answered_in_order(live):
    with live.connect() as connection:
        paths = [f"/v1/models/plain/images/{seed}.npy" for seed in range(8)]
        connection.sendall(b"".join(request(path) for path in paths) + request("/livez", "Connection: close"))
        replies = read_all(connection)
    seeds = [line.split(b": ")[1] for line in replies.split(b"\r\n") if line.startswith(b"x-ganzoo-seed")]
    assert seeds == [b"%d" % seed for seed in range(8)]
    assert replies.endswith(b'{"live":true}')


SAMPLES = request("/v1/models/plain/samples", method="POST", body=b'{"seed": 7, "layout": "single"}')


@pytest.mark.parametrize("cut", range(1, 33, 4))
def test_a_body_may_come_after_the_reply_to_the_request_before_it(live, cut):
    with live.connect() as connection:
        connection.sendall(request(IMAGE) + SAMPLES[:-cut])
        time.sleep(0.1)
        connection.sendall(SAMPLES[-cut:] + request("/livez", "Connection: close"))
        replies = read_all(connection)
    assert replies.count(b"HTTP/1.1 200 OK") == 3
    seeds = [line.split(b": ")[1] for line in replies.split(b"\r\n") if line.startswith(b"x-ganzoo-seed")]
    assert seeds == [b"5", b"7"]


def test_many_requests_at_once_are_no_large_head(live):
    """The last of them in two pieces."""
    whole = request("/livez") * 2000 + request("/livez", "Connection: close")
    with live.connect() as connection:
        sender = threading.Thread(
            target=lambda: (connection.sendall(whole[:-9]), time.sleep(0.2), connection.sendall(whole[-9:]))
        )
        sender.start()
        replies = read_all(connection)
        sender.join()
    assert replies.count(b"HTTP/1.1 200 OK") == 2001


@pytest.mark.parametrize("before", [request(IMAGE), request(IMAGE) * 3, SAMPLES, SAMPLES + request(IMAGE) * 2])
@pytest.mark.parametrize("noise", [b"nonsense\r\n\r\n", request("/livez", f"X-Large: {'y' * 70_000}")])
def test_what_is_no_request_is_told_after_the_replies_to_those_before_it(live, before, noise):
    with live.connect() as connection:
        connection.sendall(before + noise)
        replies = read_all(connection)
    assert replies.count(b"HTTP/1.1 200 OK") == before.count(b"HTTP/1.1")
    assert statuses(replies)[-1] in (b"400", b"431")


def test_a_body_that_breaks_off_in_the_queue_takes_nothing_from_those_before_it(live):
    broken = request(
        "/v1/models/plain/samples", "Transfer-Encoding: chunked", "Content-Type: application/json", method="POST"
    )
    with live.connect() as connection:
        connection.sendall(request(IMAGE) + request("/livez") + broken + b"no length\r\n")
        replies = read_all(connection)
    assert statuses(replies) == [b"200", b"200", b"400"]


WISHES = {
    "http2": ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    "websocket": ("Connection: keep-alive, upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"),
}


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("pause_s", [0, 0.05])
def test_a_wish_for_another_protocol_is_overlooked(live, wish, pause_s):
    body = b'{"seed": 5, "layout": "single", "format": "npy"}'
    wished = request("/v1/models/plain/samples", *WISHES[wish], method="POST", body=body)
    asked = [request(IMAGE, *WISHES[wish]), wished[: -len(body)], body, wished, request(IMAGE), request("/livez")]
    with live.connect() as connection:
        if not pause_s:
            connection.sendall(b"".join(asked))
        for part in asked if pause_s else ():
            connection.sendall(part)
            time.sleep(pause_s)
        replies = b""
        while statuses(replies) != [b"200"] * 5 or not replies.endswith(b"}"):
            replies += connection.recv(65536)
        assert replies.count(b"\x93NUMPY") == replies.count(b"\x89PNG") == 2
        connection.sendall(request("/livez", "Connection: close, upgrade", *WISHES[wish][1:]))
        assert statuses(read_all(connection)) == [b"200"]


def test_nobody_is_connected_to_others(live):
    with live.connect() as connection:
        connection.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\nnoise")
        assert statuses(read_all(connection))[0][:1] == b"4"


def test_a_blank_line_after_a_reply_does_not_keep_a_connection(live, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    with live.connect() as connection:
        connection.sendall(request(IMAGE))
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"\r\n")
        began = time.monotonic()
        assert read_all(connection) == b""
        assert time.monotonic() - began < 4


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "])
def test_who_dawdles_over_the_head_is_cut_off(live, monkeypatch, sent):
    monkeypatch.setattr(protocol, "HEAD_S", 0.3)
    with live.connect() as connection:
        connection.sendall(sent)
        began = time.monotonic()
        assert read_all(connection) in (b"",)
        assert 0.1 < time.monotonic() - began < 5
    assert httpx.get(live.url + IMAGE).status_code == 200


def test_a_connection_that_is_kept_waits_longer_than_a_head(live, monkeypatch):
    monkeypatch.setattr(protocol, "HEAD_S", 0.2)
    with live.connect() as connection:
        for _ in range(2):
            connection.sendall(request("/livez"))
            assert connection.recv(65536).endswith(b"}")
            time.sleep(0.5)


@pytest.mark.parametrize("fields", [1, 70])
def test_a_head_that_is_too_large_is_refused(live, fields):
    with live.connect() as connection:
        connection.sendall(request(IMAGE, *[f"X-{index}: {'y' * (70_000 // fields)}" for index in range(fields)]))
        reply = read_all(connection)
    assert reply.startswith(b"HTTP/1.1 431 Request Header Fields Too Large")
    assert b"application/problem+json" in reply


def test_a_head_without_end_is_cut_off(live):
    with live.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(OSError):
            for index in range(200):
                connection.sendall(b"X-%d: %s\r\n" % (index, b"y" * 1000))
                time.sleep(0.001)
        assert b"200 OK" not in read_all(connection)
    assert httpx.get(live.url + IMAGE).status_code == 200


@pytest.mark.parametrize(
    ("sent", "status"),
    [(b"RUBBISH\r\n\r\n", 400), (request(IMAGE, f"X-Large: {'y' * 70_000}"), 431)],
    ids=["400", "431"],
)
@pytest.mark.parametrize("inside", [False, True], ids=["bare", "inside CORS and forwarded headers"])
def test_what_cannot_be_read_is_told_as_every_request_is(model_dir, sent, status, inside):
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    log = io.StringIO()
    settings = Settings(log=AccessLog("json", log), origins=["*"] if inside else [])
    with Live(catalogue, settings, shortcut=not inside) as live:
        with live.connect() as connection:
            address = connection.getsockname()[0]
            connection.sendall(sent)
            head, _, body = read_all(connection).partition(b"\r\n\r\n")
        counts = httpx.get(f"{live.url}/metrics").text
        until(log.getvalue)
    number = re.search(rb"\r\nx-request-id: ([0-9a-f]{16})\r\n", head)[1].decode()
    assert b"\r\nx-content-type-options: nosniff\r\n" in head
    assert b"\r\ncontent-security-policy: default-src 'none'" in head
    assert b"\r\nconnection: close" in head
    assert f'ganzoo_requests_total{{code="{status}",model="",route="none"}} 1.0' in counts
    line = json.loads(log.getvalue().splitlines()[0])
    assert [line[name] for name in ("id", "client", "method", "path", "status", "bytes")] == [
        number, address, "-", "*", status, len(body),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "noise",
    [
        b"\x00" * 100,
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_noise_is_answered_by_400_or_not_at_all(live, noise):
    with live.connect() as connection:
        connection.sendall(noise)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 404")
    assert httpx.get(live.url + IMAGE).status_code == 200


def test_a_body_that_does_not_come_is_given_up(live, monkeypatch):
    monkeypatch.setattr("ganzoo_serve.http.requests.bodies._BODY_S", 0.2)
    with live.connect() as connection:
        head = request(
            "/v1/models/plain/samples", "Content-Length: 100", "Content-Type: application/json", method="POST"
        )
        connection.sendall(head + b"{")
        assert connection.recv(65536).startswith(b"HTTP/1.1 408")


def test_a_request_may_say_how_long_it_waits(live):
    with occupy(live):
        began = time.monotonic()
        late = httpx.get(live.url + IMAGE, headers={"Request-Timeout-Ms": "100"})
        assert late.status_code == 504
        assert time.monotonic() - began < 5
        assert late.json()["title"] == "Gateway Timeout"
    assert httpx.get(live.url + IMAGE, headers={"Request-Timeout-Ms": "soon"}).status_code == 400


def test_overload_is_refused_politely_and_forgotten_at_once(live):
    """Twice what fits: the rest gets 429 with a time to come back, those let in get their images, nothing else happens."""
    live.app.server.engine._most_waiting = 20

    async def crowd():
        async with httpx.AsyncClient(base_url=live.url, timeout=20) as client:
            live.gate.close()
            tasks = [asyncio.create_task(client.get(f"/v1/models/plain/images/{seed}.png")) for seed in range(60)]
            await asyncio.sleep(0.5)
            live.gate.open()
            replies = await asyncio.gather(*tasks)
            return replies, (await client.get(IMAGE)).status_code

    replies, after = asyncio.run(crowd())
    codes = [reply.status_code for reply in replies]
    assert set(codes) == {200, 429}
    assert codes.count(200) >= 20
    assert all(1 <= int(reply.headers["retry-after"]) <= 60 for reply in replies if reply.status_code == 429)
    assert after == 200


def slow_client(live):
    """A connection that takes little at a time."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(20)
    connection.connect(live.address)
    return connection


# More than the kernel keeps for a connection: images of 8 x 8 x 3 as JSON.
MUCH = json.dumps({"n": 1024, "layout": "json", "format": "npy"}).encode()


@pytest.fixture(name="roomy")
def _roomy(model_dir, monkeypatch):
    """A server with little room in the kernel, and little patience."""
    monkeypatch.setattr(protocol, "UNREAD_S", 0.4)
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    with Live(catalogue, Settings(workers=1, limits=Limits(samples=4096))) as live:
        live.listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8192)
        yield live


@pytest.mark.parametrize("more", [(), ("Connection: close",)], ids=["kept", "last"])
def test_who_reads_nothing_is_cut_off(roomy, more):
    with slow_client(roomy) as connection:
        connection.sendall(request("/v1/models/plain/samples", *more, method="POST", body=MUCH))
        assert connection.recv(12) == b"HTTP/1.1 200"
        until(lambda: roomy.server.server_state.connections, 5)
        until(lambda: not roomy.server.server_state.connections, 5)


def test_who_says_no_more_and_reads_nothing_is_cut_off(roomy):
    """Here too little waits to be sent for the transport to mind."""
    body = json.dumps({"n": 64, "layout": "json", "format": "npy"}).encode()
    with slow_client(roomy) as connection:
        connection.sendall(request("/v1/models/plain/samples", method="POST", body=body))
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)
        assert roomy.server.server_state.connections
        until(lambda: not roomy.server.server_state.connections, 5)


def test_who_reads_slowly_gets_it_all(roomy):
    with slow_client(roomy) as connection:
        connection.sendall(request("/v1/models/plain/samples", "Connection: close", method="POST", body=MUCH))
        parts = []
        for _ in range(12):  # three times as long as somebody may read nothing
            time.sleep(0.1)
            parts.append(connection.recv(4096))
        head, _, body = (b"".join(parts) + read_all(connection)).partition(b"\r\n\r\n")
        assert int(re.search(rb"content-length: (\d+)", head)[1]) == len(body)
        assert len(json.loads(body)["images"]) == 1024


@pytest.mark.parametrize("asked", [IMAGE, "/v1/models"])
def test_what_is_on_its_way_when_the_server_is_told_to_stop_is_answered(model_dir, monkeypatch, asked):
    monkeypatch.setattr(protocol, "LAST_S", 1.0)
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    with Live(catalogue, Settings(workers=1)) as live, live.connect() as used, live.connect() as new:
        used.sendall(request(asked))
        assert used.recv(12) == b"HTTP/1.1 200"
        until(lambda: len(live.server.server_state.connections) == 2)
        live.server.should_exit = True
        until(lambda: all(connection._stopping for connection in live.server.server_state.connections))
        for connection in (used, new):
            connection.sendall(request(asked))
        for connection in (used, new):
            reply = read_all(connection).rpartition(b"HTTP/1.1 ")[2]
            assert reply.startswith(b"200")
            assert b"connection: close" in reply
    assert not live.thread.is_alive()


@pytest.mark.parametrize("more", [b"", request("/livez")], ids=["nothing", "one"])
def test_after_a_stream_that_was_on_its_way_there_is_a_moment_for_more(model_dir, monkeypatch, more):
    monkeypatch.setattr(protocol, "LAST_S", 1.0)
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    gate = Gate(catalogue["plain"].generator, monkeypatch)
    with Live(catalogue, Settings(workers=1), gate=gate) as live, live.connect() as connection:
        body = json.dumps({"n": 256, "layout": "ndjson"}).encode()
        gate.close()
        connection.sendall(request("/v1/models/plain/samples", method="POST", body=body))
        until(lambda: live.waiting() > 0)
        run = catalogue["plain"].generator.run_checked
        monkeypatch.setattr(catalogue["plain"].generator, "run_checked", lambda *z: (time.sleep(0.05), run(*z))[1])
        gate.open()
        replies = connection.recv(1000)
        assert b"200 OK" in replies
        live.server.should_exit = True
        until(lambda: all(each._stopping for each in live.server.server_state.connections))
        while not replies.endswith(b"0\r\n\r\n"):
            replies += connection.recv(65536)
        assert b"connection: close" not in replies
        connection.sendall(more)
        reply = read_all(connection)
        assert statuses(reply) == ([b"200"] if more else [])
        assert (b"connection: close" in reply) == bool(more)


def test_who_asks_nothing_does_not_keep_a_server_that_is_told_to_stop(model_dir):
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    with Live(catalogue, Settings(workers=1)) as live, live.connect() as idle:
        until(lambda: live.server.server_state.connections)
        began = time.monotonic()
        live.server.should_exit = True
        assert read_all(idle) == b""
        live.thread.join(5)
        assert time.monotonic() - began < 3
