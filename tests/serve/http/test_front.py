"""What every request passes: ids, logs, counts."""

import io
import json
import re
import shutil
import time

import pytest
from starlette.testclient import TestClient

from ganzoo_serve.errors import BusyError, LateError
from ganzoo_serve.http.access_log import AccessLog
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.requests.keys import Keys
from ganzoo_serve.models.catalogue import Catalogue

IMAGE = "/v1/models/plain/images/5.png"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def logged(catalogue):
    stream = io.StringIO()
    with TestClient(create_app(catalogue, Settings(log=AccessLog("json", stream)))) as client:

        def lines():
            client.app._log.flush()
            return [json.loads(line) for line in stream.getvalue().splitlines()]

        client.lines = lines
        yield client


def count(client, name, **labels):
    """The value of a metric; 0 if it is not there."""
    for line in client.get("/metrics").text.splitlines():
        found = re.fullmatch(rf"{name}(?:\{{(.*)\}})? (\S+)", line)
        if found and dict(re.findall(r'(\w+)="([^"]*)"', found[1] or "")).items() >= labels.items():
            return float(found[2])
    return 0.0


def test_requests_have_an_id_which_may_be_the_clients(client):
    first, second = client.get(IMAGE).headers["x-request-id"], client.get("/livez").headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", first)
    assert first != second
    assert client.get(IMAGE, headers={"X-Request-Id": "mine-7"}).headers["x-request-id"] == "mine-7"
    for odd in ("a b", "x" * 200, 'quote"', ""):
        assert re.fullmatch(r"[0-9a-f]{16}", client.get(IMAGE, headers={"X-Request-Id": odd}).headers["x-request-id"])


def test_a_trace_is_passed_on_and_noise_is_not(logged):
    assert logged.get(IMAGE, headers={"traceparent": TRACE}).headers["traceparent"] == TRACE
    assert "traceparent" not in logged.get(IMAGE, headers={"traceparent": "00-nonsense"}).headers
    first, second = logged.lines()
    assert first["trace"] == "0af7651916cd43dd8448eb211c80319c"
    assert "trace" not in second


def test_a_line_says_what_was_asked_and_what_came_of_it(logged):
    response = logged.get(IMAGE + "?truncation=x", headers={"X-Request-Id": "abc"})
    good = logged.get("/v1/models/plain/images/7.png")
    logged.get("/nowhere/%22%0A%5C?sig=secret&a=sig=b")
    bad, fine, odd = logged.lines()
    assert (bad["id"], bad["method"], bad["path"], bad["status"]) == ("abc", "GET", IMAGE + "?truncation=x", 422)
    assert bad["bytes"] == len(response.content)
    assert (fine["status"], fine["bytes"]) == (200, len(good.content))
    assert 0 < fine["ms"] < 10_000
    assert odd["path"].startswith('/nowhere/"\n\\?sig=-&')
    assert "secret" not in json.dumps(odd)


def test_lines_for_people_cannot_be_forged(catalogue):
    stream = io.StringIO()
    with TestClient(create_app(catalogue, Settings(log=AccessLog("text", stream)))) as client:
        client.get("/nowhere%0A200 GET /forged")
        client.app._log.flush()
    (line,) = stream.getvalue().splitlines()
    assert re.match(r"\d\d:\d\d:\d\d 404 GET /nowhere\\n200 GET /forged \d+ B [\d.]+ ms [0-9a-f]{16}$", line)


def test_what_goes_wrong_when_loading_is_said(tmp_path, caplog):
    empty = Catalogue([tmp_path], device="cpu")
    with TestClient(create_app(empty)) as client:
        until = time.monotonic() + 10
        while "Nothing is served" not in caplog.text and time.monotonic() < until:
            time.sleep(0.01)
        assert "No model to serve in" in caplog.text
        assert client.get("/readyz").status_code == 503


def test_addresses_have_a_limit(catalogue):
    with TestClient(create_app(catalogue, Settings(limits=Limits(url_bytes=100)))) as client:
        assert client.get("/" + "x" * 90).status_code == 404
        response = client.get("/" + "x" * 50 + "?" + "y" * 60)
        assert response.status_code == 414
        assert "at most 100 bytes" in response.json()["detail"]


@pytest.mark.parametrize("prefix", ["", "/zoo"])
def test_what_is_only_described_to_the_framework_is_answered_before(catalogue, prefix):
    with TestClient(create_app(catalogue), root_path=prefix) as client:

        def statuses(method, *ends):
            ask = {"json": {}} if method == "POST" else {}
            return [client.request(method, f"{prefix}/v1/models/plain/{end}", **ask).status_code for end in ends]

        assert statuses("GET", "images/5.png", "images/5") == [200, 200]
        assert statuses("GET", "images/5.png%0A", "images/5%0A", "images/5.a.b") == [406, 422, 406]
        assert statuses("POST", "samples", "samples%0A") == [200, 404]
        assert statuses("POST", "images/5.png") == statuses("GET", "samples") == [405]


def test_counts(catalogue):
    with TestClient(create_app(catalogue)) as client:
        tag = client.get(IMAGE).headers["etag"]
        client.get(IMAGE, headers={"If-None-Match": tag})
        client.post("/v1/models/classy/samples", json={"n": 20})
        client.get("/v1/models/absent/images/1.png")
        client.get("/v1/models/plain/images/x.png")
        assert count(client, "ganzoo_requests_total", model="plain", route="image", code="200") == 1
        assert count(client, "ganzoo_requests_total", model="plain", route="image", code="304") == 1
        assert count(client, "ganzoo_requests_total", model="plain", route="image", code="422") == 1
        assert count(client, "ganzoo_requests_total", model="", route="image", code="404") == 1
        assert count(client, "ganzoo_not_modified_total") == 1
        assert count(client, "ganzoo_samples_total", model="plain") == 1
        assert count(client, "ganzoo_samples_total", model="classy") == 20
        assert count(client, "ganzoo_batch_size_sum", model="classy") >= 20
        assert count(client, "ganzoo_cache_misses_total") == 1
        assert count(client, "ganzoo_request_seconds_count", route="samples") == 1
        for name in ("queue", "infer", "encode"):
            assert count(client, f"ganzoo_{name}_seconds_count", model="classy") >= 1
        model = catalogue["plain"]
        info = {"model": "plain", "rev": model.rev, "provider": "cpu", "determinism": "bitexact"}
        assert count(client, "ganzoo_model_info", **info) == 1
        assert count(client, "ganzoo_model_ready", model="floaty") == 1
        assert "absent" not in client.get("/metrics").text


def test_files_that_cannot_be_loaded_are_counted(model_dir, tmp_path):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    (tmp_path / "bad.onnx").write_bytes(b"no model")
    with TestClient(create_app(Catalogue.load([tmp_path], device="cpu"))) as client:
        assert count(client, "ganzoo_skipped_files") == 1
        assert client.get("/readyz").status_code == 200


def test_what_is_refused_is_counted_by_its_reason(catalogue, monkeypatch):
    keys = Keys(["k"], rate=4, clock=lambda: 0.0)
    with TestClient(create_app(catalogue, Settings(keys=keys)), headers={"X-API-Key": "k"}) as client:

        def counted():
            reasons = ("queue", "rate", "deadline", "unavailable")
            return [count(client, "ganzoo_rejected_total", reason=reason) for reason in reasons]

        def refuse(error):
            def submit(*_, **__):
                raise error

            monkeypatch.setattr(client.app.server.engine, "submit", submit)

        refuse(BusyError("Full.", 1))
        assert client.get(IMAGE).status_code == 429
        assert client.get("/v1/models/plain/grid.png?seeds=7").status_code == 429  # by way of the framework
        assert counted() == [2, 0, 0, 0]
        refuse(LateError())
        assert client.get(IMAGE).status_code == 504
        assert counted() == [2, 0, 1, 0]
        assert client.post("/v1/models/plain/samples", json={"n": 4}).status_code == 429
        assert counted() == [2, 1, 1, 0]
        client.app.server.draining = True
        assert client.get(IMAGE).status_code == 503
        assert counted() == [2, 1, 1, 1]
        assert client.get("/nowhere").status_code == 404
        assert counted() == [2, 1, 1, 1]


def test_images_are_kept_if_there_is_room_for_them(catalogue, monkeypatch):
    with TestClient(create_app(catalogue, Settings(limits=Limits(cache_bytes=10_000)))) as client:
        first = client.get(IMAGE)
        monkeypatch.setattr(catalogue["plain"].generator, "run_checked", lambda *_: 1 / 0)
        assert client.get(IMAGE).content == first.content
        pinned = client.get(first.headers["content-location"])
        assert pinned.content == first.content
        assert count(client, "ganzoo_cache_hits_total") == 2
        assert count(client, "ganzoo_cache_misses_total") == 1


def test_while_models_load_only_the_probes_answer(model_dir):
    empty = Catalogue([model_dir], device="cpu")
    with TestClient(create_app(empty)) as client:
        client.app.server.loading = True  # whether or not it is done by now
        assert client.get("/livez").status_code == 200
        assert client.get("/readyz").json() == {"ready": False}
        refused = client.get(IMAGE)
        assert refused.status_code == 503
        assert "loading its models" in refused.json()["detail"]


def test_an_empty_catalogue_is_filled_at_the_start(model_dir):
    failures = []
    empty = Catalogue([model_dir], device="cpu")
    with TestClient(create_app(empty, started=failures.append)) as client:
        while client.get("/readyz").status_code == 503:
            time.sleep(0.02)
        assert client.get(IMAGE).status_code == 200
    assert failures == [None]
