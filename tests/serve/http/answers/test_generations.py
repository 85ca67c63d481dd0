"""OpenAI's images route, as bytes. What its own client makes of it is in tests/serve/clients."""

import base64
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from starlette.testclient import TestClient

from ganzoo_serve.errors import ModelError
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.requests.keys import Keys
from ganzoo_serve.models.catalogue import Catalogue

PATH = "/v1/images/generations"


def refused(response, status, param, message):
    assert response.status_code == status, response.text[:500]
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    assert body["error"]["param"] == param
    assert message in body["error"]["message"]
    return body["error"]


def pixels(image):
    with Image.open(io.BytesIO(base64.b64decode(image["b64_json"]))) as picture:
        return picture.format, np.asarray(picture)


def test_a_prompt_without_classes_is_ignored_and_that_is_said(client):
    reply = client.post(PATH, json={"model": "plain", "prompt": "a dog"}).json()
    assert "ignored" in reply["warnings"][0]
    assert "warnings" not in client.post(PATH, json={"model": "plain", "prompt": ""}).json()
    refused(client.post(PATH, json={"model": "plain", "prompt": "class:1"}), 400, "prompt", "has no classes")


def test_every_image_says_what_it_is(client, classy):
    reply = client.post(PATH, json={"model": f"classy@{classy.rev}", "prompt": " ", "n": 3, "seed": 8}).json()
    assert [image["seed"] for image in reply["data"]] == [8, 9, 10]
    assert [image["class"] for image in reply["data"]] == classy.labels([8, 9, 10]).tolist()
    assert reply["model"] == f"classy@{classy.rev}"
    assert reply["created"] > 1.7e9


def test_null_is_not_said(client):
    body = dict.fromkeys(("n", "size", "seed", "class", "stream", "background", "output_compression", "user"))
    assert client.post(PATH, json={"model": "plain", "prompt": None, **body}).status_code == 200


@pytest.mark.parametrize(("name", "kind"), [("jpeg", "JPEG"), ("webp", "WEBP")])
def test_compression_is_quality(client, name, kind):
    def size(quality):
        body = {"model": "floaty", "seed": 1, "output_format": name, "output_compression": quality}
        image = client.post(PATH, json=body).json()["data"][0]
        assert pixels(image)[0] == kind
        return len(image["b64_json"])

    assert size(5) < size(100)
    body = {"model": "plain", "output_format": name, "output_compression": 50, "response_format": "url"}
    refused(client.post(PATH, json=body), 400, "output_compression", "An address has no compression")


def test_addresses_are_known_before_anything_is_drawn(catalogue, client, monkeypatch):
    def fail(*args, **kwargs):
        raise ModelError("secret")

    monkeypatch.setattr(catalogue["plain"].generator, "run_checked", fail)
    body = {"model": "plain", "n": 2, "seed": 1, "response_format": "url", "output_format": "webp"}
    urls = [image["url"] for image in client.post(PATH, json=body).json()["data"]]
    assert [url.rpartition("/")[2] for url in urls] == ["1.webp", "2.webp"]
    error = refused(client.post(PATH, json={"model": "plain"}), 500, None, "The server's log has it as")
    assert error["type"] == "server_error"
    assert "secret" not in error["message"]


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("zoo.example:8443", "http://zoo.example:8443"),
        ("[::1]:80", "http://[::1]:80"),
        ("evil/../x", "http://testserver:80"),
        ('a"b', "http://testserver:80"),
    ],
)
def test_addresses_begin_as_the_client_knows_the_server(client, host, origin):
    body = {"model": "plain", "seed": 1, "response_format": "url"}
    url = client.post(PATH, json=body, headers={"Host": host}).json()["data"][0]["url"]
    assert url.startswith(f"{origin}/v1/models/plain@")


def test_the_model_may_be_left_out_where_there_is_one(model_dir, client):
    models = Catalogue.load([model_dir / "plain.onnx"], device="cpu")
    with TestClient(create_app(models)) as single:
        assert single.post(PATH, json={"prompt": ""}).json()["model"].startswith("plain@")
    refused(client.post(PATH, json={"prompt": ""}), 400, "model", "Expected one of classy, floaty")


def test_every_refusal_has_their_shape(catalogue, client):
    json_ = {"Content-Type": "application/json"}
    refused(client.post(PATH, content=b"{", headers=json_), 400, None, "not JSON")
    refused(client.post(PATH, content=b"[]", headers=json_), 400, None, "body: Input should be an object")
    refused(client.post(PATH, content=b"{}"), 415, None, "application/json")
    refused(client.post(PATH, content=b" " * 2_000_000, headers=json_), 413, None, "too large")
    late = {"Request-Timeout-Ms": "soon"}
    refused(client.post(PATH, json={"model": "plain"}, headers=late), 400, None, "Request-Timeout-Ms")
    refused(client.get(PATH), 405, None, "not allowed")
    refused(client.post(PATH, json={"model": "plian"}), 404, "model", "Did you mean 'plain'")
    refused(client.post(PATH + "?" + "x" * 9000, json={}), 414, None, "too long")
    with TestClient(create_app(catalogue, Settings(keys=Keys(["secret"], rate=2)))) as guarded:
        assert refused(guarded.post(PATH, json={}), 401, None, "A key is needed")["code"] == "invalid_api_key"
        bearer = {"Authorization": "Bearer secret"}
        assert guarded.post(PATH, json={"model": "plain", "n": 2}, headers=bearer).status_code == 200
        late = guarded.post(PATH, json={"model": "plain", "n": 2}, headers=bearer)
        assert refused(late, 429, None, "Try again")["type"] == "rate_limit_error"
        assert late.headers["retry-after"] == "1"
    app = create_app(catalogue)
    with TestClient(app) as client:
        app.server.draining = True
        refused(client.post(PATH, json={}), 503, None, "about to stop")


def test_limits(catalogue):
    with TestClient(create_app(catalogue, Settings(limits=Limits(samples=4)))) as client:
        refused(client.post(PATH, json={"model": "plain", "n": 5}), 400, "n", "expected 1 ... 4")
        seed = {"model": "plain", "n": 2, "seed": 2**53 - 1}
        refused(client.post(PATH, json=seed), 400, "seed", "the last seed")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
fields = ["prompt", "n", "size", "response_format", "output_format", "output_compression", "seed", "class", "stream"]
sensible = st.sampled_from([1, 3, 0, 50, "url", "webp", "auto", "8x8", "dog", "class:1", "class:", None, True, 0.5])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(fields), sensible | values, max_size=4))
def test_no_body_is_a_failure(client, body):
    content = json.dumps(body | {"model": "classy"})
    response = client.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert response.status_code in (200, 400), response.text
    assert response.status_code == 200 or response.json()["error"]["message"]
