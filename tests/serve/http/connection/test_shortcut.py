"""Requests for images that are answered past ASGI get what they would get through it."""

import json
import socket

import httpx
import pytest
from live import Gate, Live, read_all, request, until

from ganzoo_serve.http.access_log import AccessLog
from ganzoo_serve.http.app import Settings
from ganzoo_serve.http.connection.shortcut import Shortcut
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.requests.keys import Keys, Signer
from ganzoo_serve.models.catalogue import Catalogue

IMAGES = "/v1/models/plain/images/"
KEY = {"X-API-Key": "key"}
SIGNED = Signer("secret").sign(f"{IMAGES}9.png", expires=2**32)


@pytest.fixture(scope="module")
def catalogue(model_dir):
    return Catalogue.load([model_dir], device="cpu")


@pytest.fixture(scope="module")
def pair(catalogue):
    """Two servers of the same models, with and without the shortcut."""
    settings = {"keys": Keys(["key"]), "signer": Signer("secret"), "limits": Limits(url_bytes=200)}
    with (
        Live(catalogue, Settings(**settings)) as one,
        Live(catalogue, Settings(**settings), shortcut=False) as other,
    ):
        yield one, other


@pytest.fixture
def taken(monkeypatch):
    """How many requests took the shortcut."""
    started = []
    start = Shortcut.start
    monkeypatch.setattr(Shortcut, "start", lambda self: (started.append(self), start(self))[1])
    return started


def told(reply):
    """All that a reply says, but when and to whom."""
    headers = {name: value for name, value in reply.headers.items() if name not in ("date", "x-request-id")}
    body = reply.json() if "json" in headers.get("content-type", "") else reply.content
    return reply.status_code, headers, body


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        (f"{IMAGES}5.png", KEY),
        (f"{IMAGES}5.json", KEY),
        (f"{IMAGES}5", {**KEY, "Accept": "image/webp"}),
        (f"{IMAGES}5", {**KEY, "Accept": "text/html"}),
        ("/v1/models/classy/images/5.png?class=2", KEY),
        ("/v1/models/classy/images/5.npy", KEY),
        ("/v1/models/truncated/images/5.png?truncation=0.5", KEY),
        ("/v1/models/truncated/images/5.png?truncation=5", KEY),
        (f"{IMAGES}5.png?class=1", KEY),
        (f"{IMAGES}5.png?klass=1", KEY),
        (f"{IMAGES}05.png", KEY),
        (f"{IMAGES}5.tiff", KEY),
        ("/v1/models/plane/images/5.png", KEY),
        ("/v1/models/plain@000000000000/images/5.png", KEY),
        (f"{IMAGES}5.png", {}),
        (f"{IMAGES}5.png", {"X-API-Key": "another"}),
        (SIGNED, {}),
        (SIGNED.replace("9.png", "8.png"), {}),
        (f"{IMAGES}5.png?{'a' * 300}", KEY),
        (f"{IMAGES}5.png", {**KEY, "X-Request-Id": "mine", "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}),
        (f"{IMAGES}5.png", {**KEY, "Connection": "close"}),
    ],
)
def test_it_says_what_would_come_through_asgi(pair, taken, path, headers):
    one, other = (httpx.get(server.url + path, headers=headers) for server in pair)
    assert told(one) == told(other)
    assert len(taken) == 1
    assert one.headers["x-request-id"]
    tag = one.headers.get("etag")
    if tag:
        again = httpx.get(pair[0].url + path, headers={**headers, "If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("HEAD", f"{IMAGES}5.png", {}),
        ("POST", f"{IMAGES}5.png", {}),
        ("GET", f"{IMAGES}5.png", {"Content-Length": "2"}),
        ("GET", f"{IMAGES}5.png", {"Request-Timeout-Ms": "5000"}),
        ("GET", f"{IMAGES}5.png", {"Expect": "100-continue"}),
        ("GET", f"{IMAGES}5%2Epng", {}),
        ("GET", f"{IMAGES}5.png/", {}),
        ("GET", "/v1/models", {}),
    ],
)
def test_all_else_goes_the_usual_way(pair, taken, method, path, headers):
    content = b"{}" if "Content-Length" in headers else None
    reply = httpx.request(method, pair[0].url + path, headers={**KEY, **headers}, content=content)
    assert reply.status_code in (200, 404, 405)
    assert not taken


@pytest.fixture
def gated(model_dir, monkeypatch, tmp_path):
    """A server that draws only while its gate is open, and writes a log."""
    catalogue = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    with (tmp_path / "log").open("w+") as log:
        gate = Gate(catalogue["plain"].generator, monkeypatch)
        settings = Settings(workers=1, log=AccessLog("json", log))
        with Live(catalogue, settings, gate=gate, drain_s=1) as live:
            live.log = log
            yield live


def lines(live):
    live.log.seek(0)
    return [json.loads(line) for line in live.log]


def test_it_is_counted_and_logged(gated):
    assert httpx.get(f"{gated.url}{IMAGES}3.png", headers={"X-Request-Id": "a"}).status_code == 200
    assert httpx.get(f"{gated.url}{IMAGES}x.png", headers={"X-Request-Id": "b"}).status_code == 422
    counts = httpx.get(f"{gated.url}/metrics").text
    assert 'ganzoo_requests_total{code="200",model="plain",route="image"} 1.0' in counts
    assert 'ganzoo_requests_total{code="422",model="plain",route="image"} 1.0' in counts
    until(lambda: len(lines(gated)) >= 2)
    first, second = lines(gated)[:2]
    assert (first["id"], first["status"], first["path"]) == ("a", 200, f"{IMAGES}3.png")
    assert first["bytes"] > 50
    assert (second["id"], second["status"]) == ("b", 422)


def test_a_failure_has_a_number_and_leaves_the_connection_usable(gated, monkeypatch, caplog):
    generator = gated.catalogue["plain"].generator
    with monkeypatch.context() as patch, httpx.Client(base_url=gated.url) as client:
        patch.setattr(generator, "run_checked", lambda *_: 1 / 0)
        reply = client.get(f"{IMAGES}3.png")
        assert reply.status_code == 500
        assert "division" not in reply.text
        assert reply.json()["instance"].removeprefix("urn:uuid:") in caplog.text
        patch.undo()
        assert client.get(f"{IMAGES}3.png").status_code == 200


def test_who_leaves_is_logged_as_gone(gated):
    gated.gate.close()
    with gated.connect() as connection:
        connection.sendall(request(f"{IMAGES}1.png"))
        until(lambda: gated.app.server.stock._flights)
    until(lambda: not gated.app.server.stock._flights)
    until(lambda: [line["status"] for line in lines(gated)][:1] == [499])


def test_what_cannot_be_finished_in_time_at_the_end_is_given_up(gated):
    gated.gate.close()
    with gated.connect() as busy, gated.connect() as waiting:
        busy.sendall(request(f"{IMAGES}1.png"))
        until(lambda: gated.app.server.stock._flights and not gated.waiting())  # it is being drawn
        waiting.sendall(request(f"{IMAGES}2.png"))
        until(lambda: gated.waiting() == 1)
        gated.server.should_exit = True
        until(lambda: not gated.waiting())
        gated.gate.open()
        assert read_all(waiting) == b""
        gated.thread.join(10)
    assert gated.gate.drawn == [1]


def test_what_is_being_answered_at_the_end_is_finished(gated):
    gated.gate.close()
    with gated.connect() as connection:
        connection.sendall(request(f"{IMAGES}1.png"))
        until(lambda: gated.app.server.stock._flights)
        gated.server.should_exit = True
        until(lambda: _refused(gated.address))
        gated.gate.open()
        reply = read_all(connection)
    assert reply.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in reply


def _refused(address):
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return True
    return False
