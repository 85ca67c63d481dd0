"""Routes that describe: health, models, page, docs; and the one shape of every error."""

import re

import pytest
from starlette.testclient import TestClient

from ganzoo_serve.errors import ModelError
from ganzoo_serve.http.app import create_app
from ganzoo_serve.http.server import _hint


def assert_problem(response, status, detail):
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "error", "errors"}
    assert body["status"] == status
    assert body["error"] == body["detail"]
    assert re.search(detail, body["detail"]), body["detail"]
    return body


def test_health(client):
    assert client.get("/livez").json() == {"live": True}
    assert client.get("/readyz").json() == {"ready": True}


def test_an_application_that_has_ended_says_so(catalogue):
    app = create_app(catalogue)
    with TestClient(app):
        pass
    client = TestClient(app)
    assert client.get("/readyz").status_code == 503
    assert_problem(client.get("/v1/models/plain/images/77.png"), 503, "about to stop")


def test_models_are_listed_and_described_without_their_path(client, classy, model_dir):
    listed = client.get("/v1/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["classy", "floaty", "plain", "truncated"]
    model = client.get("/v1/models/classy").json()
    assert model in listed["data"]
    assert model["object"] == "model"
    assert model["rev"] == classy.rev
    assert model["sha256"].startswith(classy.rev)
    assert model["image"] == {"height": 8, "width": 8, "channels": 1}
    assert model["classes"] == ["cat", "dog", "Zebra", "größe"]
    assert client.get(model["example"]).status_code == 200
    assert client.get(f"/v1/models/classy@{classy.rev}").json() == model
    assert str(model_dir) not in client.get("/v1/models").text


def test_a_model_has_the_card_that_lies_beside_it(client, floaty):
    address = client.get("/v1/models/floaty").json()["card"]
    assert address == f"/v1/models/floaty@{floaty.rev}/card"
    card = client.get(address)
    assert card.headers["content-type"] == "text/markdown; charset=utf-8"
    assert card.content.decode() == "# floaty, größer"
    assert client.get("/v1/models/plain").json()["card"] is None  # that one is the folder's
    assert_problem(client.get("/v1/models/plain/card"), 404, "has no card")
    assert_problem(client.get("/v1/models/plane/card"), 404, "Did you mean 'plain'")


@pytest.mark.parametrize(
    ("models", "hint"),
    [(6, "'m3', 'm4' and others, which /v1/models lists."), (5, "'m3', 'm4'."), (0, "Here is none.")],
)
def test_an_unknown_model_is_answered_with_a_few_of_those_there_are(models, hint):
    assert _hint("zzz", {f"m{number}": None for number in range(models)}).endswith(hint)


def test_unknown_models_and_revisions(client, classy):
    assert_problem(client.get("/v1/models/clasy"), 404, "There is no model 'clasy' here. Did you mean 'classy'")
    here = r"'zzz' here\. Here: 'classy', 'floaty', 'plain', 'truncated'\.$"
    assert_problem(client.get("/v1/models/zzz"), 404, here)
    assert_problem(client.get("/v1/models/classy@0123"), 404, f"is here as revision {classy.rev}, not as '0123'")
    assert_problem(client.get("/v1/models/classy@"), 404, "not as ''")
    assert_problem(client.get("/v1/models/" + "x" * 5000), 404, "no model 'x{64}'")
    assert_problem(client.get("/v1/models/..%2F..%2Fetc%2Fpasswd"), 404, "")
    assert_problem(client.get("/v1/models/%F0%9F%A6%93"), 404, "🦓")


def test_unknown_paths_and_methods(client):
    assert_problem(client.get("/nowhere"), 404, "See /docs")
    body = assert_problem(client.delete("/v1/models"), 405, "DELETE is not allowed here")
    assert body["instance"] == "/v1/models"
    assert client.delete("/v1/models").headers["allow"] == "GET, HEAD"
    for path in ("images/1.png", "images/1", "grid.png", "interpolate.webp"):
        assert client.post(f"/v1/models/plain/{path}").headers["allow"] == "GET, HEAD"
    assert client.get("/v1/models/plain/samples").headers["allow"] == "POST"


def test_a_time_that_is_no_number_is_refused_alike_at_every_route(client):
    seed = {"inputs": [{"name": "seed", "shape": [1], "datatype": "INT64", "data": [1]}]}
    model = "/v1/models/plain"
    paths = [
        f"{model}/images/5.png",
        f"{model}/images/5",
        f"{model}/grid.png?seeds=1",
        f"{model}/interpolate.png?from=1&to=2",
    ]
    for text in ("abc", "-1", "1.5", "1234567890", ""):
        headers = {"Request-Timeout-Ms": text}
        replies = [client.get(path, headers=headers) for path in paths]
        replies.append(client.post(f"{model}/samples", json={"n": 1}, headers=headers))
        replies.append(client.post("/v2/models/plain.sample/infer", json=seed, headers=headers))
        for reply in replies:
            assert_problem(reply, 400, "^Request-Timeout-Ms is no number of milliseconds.$")
        openai = client.post("/v1/images/generations", json={"model": "plain"}, headers=headers)
        assert openai.status_code == 400
        assert openai.json()["error"]["message"] == "Request-Timeout-Ms is no number of milliseconds."


def test_what_can_be_got_can_be_asked_for_its_head(client):
    documented = client.get("/openapi.json").json()["paths"]
    paths = [path for path, methods in documented.items() if "get" in methods and "{" not in path]
    assert {"/livez", "/readyz", "/v1/models", "/metrics"} <= set(paths)
    for path in [*paths, "/", "/docs", "/openapi.json", "/v1/models/plain", "/v1/models/plain/images/1.png"]:
        full, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b""), path
        assert head.headers["content-type"] == full.headers["content-type"]
        assert client.post(path).headers["allow"] == "GET, HEAD"
    assert client.head("/v1/models/plane").status_code == 404
    assert client.head("/v1/models/plain/samples").status_code == 405
    assert not [path for path, methods in documented.items() if "head" in methods]


def test_the_page_shows_every_model_and_loads_nothing_from_elsewhere(client, generators):
    response = client.get("/")
    assert response.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    sources = re.findall(r'(?:src|href)="([^"]+)"', response.text)
    assert not [source for source in sources if ":" in source or source.startswith("/")]
    assert all(client.get("/" + source).status_code == 200 for source in set(sources))
    assert all(f"v1/models/{name}@" in response.text for name in generators)
    assert "größe" in response.text


def test_the_docs_need_no_internet(client):
    html = client.get("/docs").text
    assert "http" not in html
    for source in re.findall(r'(?:src|href)="([^"]+)"', html):
        assert client.get("/" + source).status_code == 200
    assert "openapi.json" in client.get("/docs/start.js").text
    paths = client.get("/openapi.json").json()["paths"]
    assert "/v1/models/{model}/images/{seed}.{extension}" in paths
    body = paths["/v1/models/{model}/samples"]["post"]["requestBody"]
    assert "seeds" in body["content"]["application/json"]["schema"]["properties"]


def test_every_reply_says_what_it_may_not_do(client):
    for path in ("/", "/livez", "/nowhere", "/v1/models/plain/images/1.png"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        if path != "/v1/models/plain/images/1.png":  # a picture loads nothing, whatever it is allowed
            assert "default-src 'none'" in headers["content-security-policy"]


@pytest.mark.parametrize("failure", [ModelError("/secret/path failed"), ValueError("secret"), MemoryError("secret")])
def test_a_failure_shows_its_number_and_nothing_else(catalogue, client, monkeypatch, caplog, failure):
    def fail(*args, **kwargs):
        raise failure

    monkeypatch.setattr(catalogue["plain"].generator, "run_checked", fail)
    seed = {"inputs": [{"name": "seed", "shape": [1], "datatype": "INT64", "data": [7]}]}
    for response in (
        client.get("/v1/models/plain/images/7.png"),
        client.post("/v1/models/plain/samples", json={"n": 9}),
        client.get("/v1/models/plain/grid.png?seeds=7-9"),
        client.post("/v2/models/plain.sample/infer", json=seed),
    ):
        body = assert_problem(response, 500, "The server's log has it as")
        assert "secret" not in response.text
        assert "Traceback" not in response.text
        number = body["instance"].removeprefix("urn:uuid:")
        assert number in caplog.text
    assert "secret" in caplog.text
