"""Open Inference Protocol v2, byte by byte. What its own client makes of it is in tests/serve/clients."""

import json
import re
import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.requests.keys import Keys
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.testing import make_metadata, write_model

LENGTH = "Inference-Header-Content-Length"
PLAIN, CLASSY = "/v2/models/plain/infer", "/v2/models/classy/infer"
SEEDS = {"name": "seed", "shape": [2], "datatype": "INT64", "data": [3, 4]}


def post(client, path, document, binary=None, **headers):
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    if binary is not None:
        headers[LENGTH] = str(len(content))
    return client.post(path, content=content + (binary or b""), headers=headers)


def refused(response, status, detail):
    assert response.status_code == status, response.text[:500]
    assert re.search(detail, response.json()["error"]), response.json()["error"]


def images_of(response):
    (output,) = (output for output in response.json()["outputs"] if output["name"] == "images")
    return np.array(output["data"], dtype=np.uint8).reshape(output["shape"])


def latents(data, shape=(2, 4), **members):
    return {"inputs": [{"name": "z", "shape": list(shape), "datatype": "FP32", "data": data, **members}]}


def test_health_and_the_server(client):
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"live": True, "ready": True}
    assert set(client.get("/v2").json()) == {"name", "version", "extensions"}
    assert client.get("/v2/models/plain/ready").json() == {"name": "plain", "ready": True}


def test_nothing_is_ready_while_the_server_drains(catalogue):
    app = create_app(catalogue)
    with TestClient(app) as client:
        app.server.draining = True
        assert client.get("/v2/health/live").status_code == 200
        ready = client.get("/v2/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"live": True, "ready": False})
        assert client.get("/v2/models/plain/ready").status_code == 503
        states = {entry["state"] for entry in client.post("/v2/repository/index").json()}
        assert states == {"UNAVAILABLE"}
        assert client.post("/v2/repository/index", json={"ready": True}).json() == []


def test_only_health_is_open_without_a_key(catalogue):
    with TestClient(create_app(catalogue, Settings(keys=Keys(["secret"])))) as client:
        assert client.get("/v2/health/live").status_code == 200
        assert client.get("/v2/health/ready").status_code == 200
        for path in ("/v2", "/v2/models/plain", "/v2/models/stats", "/v2/models/plain/ready"):
            assert client.get(path).status_code == 401
            assert "error" in client.get(path).json()
        assert client.post(PLAIN, json=latents([0] * 8)).status_code == 401
        assert client.post("/v2/repository/index").status_code == 401
        assert client.post(PLAIN, json=latents([0] * 8), headers={"X-API-Key": "secret"}).status_code == 200


def test_data_may_be_nested_or_flat_and_numbers_whole(client, plain):
    z = plain.latents([1, 2])
    expected = plain.run(z)
    for data in (z.tolist(), z.ravel().tolist()):
        response = post(client, PLAIN, latents(data))
        assert response.headers["content-type"] == "application/json"
        assert LENGTH not in response.headers
        np.testing.assert_array_equal(images_of(response), expected)
    np.testing.assert_array_equal(images_of(post(client, PLAIN, latents([1] * 8))), plain.run(np.ones((2, 4))))


def test_bytes_are_little_endian_and_follow_in_order(client, classy):
    z = classy.latents([1, 2])
    document = {
        "inputs": [
            {"name": "label", "shape": [2], "datatype": "INT64", "parameters": {"binary_data_size": 16}},
            {"name": "z", "shape": [2, 4], "datatype": "FP32", "parameters": {"binary_data_size": 32}},
        ],
        "parameters": {"binary_data_output": True},
    }
    body = np.array([3, 0], dtype="<i8").tobytes() + z.astype("<f4").tobytes()
    # Blanks move the bytes to an address that fits no number.
    for blanks in range(3):
        response = post(client, CLASSY, json.dumps(document).encode() + b" " * blanks, body)
        length = int(response.headers[LENGTH])
        assert response.headers["content-type"] == "application/octet-stream"
        (output,) = json.loads(response.content[:length])["outputs"]
        assert output["parameters"] == {"binary_data_size": 128}
        assert "data" not in output
        images = np.frombuffer(response.content[length:], np.uint8).reshape(output["shape"])
        np.testing.assert_array_equal(images, classy.run(z, np.array([3, 0])))


def test_outputs_come_as_asked_each_in_its_own_way(client, classy):
    outputs = [{"name": "class", "parameters": {"binary_data": False}}, {"name": "images"}]
    document = {"inputs": [SEEDS], "outputs": outputs, "parameters": {"binary_data_output": True}}
    response = post(client, "/v2/models/classy.sample/infer", document)
    length = int(response.headers[LENGTH])
    class_, images = json.loads(response.content[:length])["outputs"]
    assert class_["data"] == classy.labels([3, 4]).tolist()
    assert images["parameters"] == {"binary_data_size": len(response.content) - length}
    assert response.content[length:] == classy.sample([3, 4]).tobytes()


def test_a_body_of_one_tensor(client, plain):
    for path, body in ((PLAIN, plain.latents([3, 4])), ("/v2/models/plain.sample/infer", np.array([3, 4]))):
        response = client.post(path, content=body.tobytes(), headers={LENGTH: "0"})
        assert response.content[int(response.headers[LENGTH]) :] == plain.sample([3, 4]).tobytes()
    refused(client.post(PLAIN, content=b"x" * 17, headers={LENGTH: "0"}), 400, "17 bytes are no rows of 'z'.* 16 each")
    refused(client.post(PLAIN, content=b"", headers={LENGTH: "0"}), 400, "0 bytes are no rows")
    refused(client.post(CLASSY, content=b"x" * 16, headers={LENGTH: "0"}), 400, "needs z and label")


def test_an_id_comes_back_and_only_then(client):
    document = {"id": "42", "inputs": [SEEDS]}
    assert post(client, "/v2/models/plain.sample/infer", document).json()["id"] == "42"
    assert "id" not in post(client, "/v2/models/plain.sample/infer", {"inputs": [SEEDS]}).json()


def test_revisions_are_versions(client, plain):
    document = {"inputs": [SEEDS]}
    reply = post(client, f"/v2/models/plain.sample/versions/{plain.rev}/infer", document).json()
    assert (reply["model_name"], reply["model_version"]) == ("plain.sample", plain.rev)
    refused(post(client, "/v2/models/plain.sample/versions/1/infer", document), 404, f"as revision {plain.rev}")
    refused(client.get("/v2/models/plain/versions/1"), 404, "not as '1'")


def test_a_model_may_itself_be_called_a_sampler(tmp_path):
    write_model(tmp_path / "a.onnx", make_metadata("a"))
    write_model(tmp_path / "b.onnx", make_metadata("a.sample", z_dim=2))
    models = Catalogue.load([tmp_path], device="cpu")
    with TestClient(create_app(models)) as client:
        assert client.get("/v2/models/a.sample").json()["inputs"][0]["name"] == "z"
        assert client.get("/v2/models/a.sample.sample").json()["inputs"][0]["name"] == "seed"


def binary(size, **members):
    return {"name": "z", "shape": [2, 4], "datatype": "FP32", "parameters": {"binary_data_size": size}, **members}


@pytest.mark.parametrize(
    ("document", "status", "detail"),
    [
        (b"", 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        (b"[" * 10_000, 400, "nested"),
        (latents([[[0]]]) | {"x": json.loads("[" * 40 + "]" * 40)}, 400, "nested too deeply"),
        ([], 400, "valid dictionary"),
        ({}, 400, "inputs: Field required"),
        ({"inputs": []}, 400, "at least 1"),
        ({"inputs": [SEEDS] * 17}, 400, "at most 16"),
        ({"id": 1, "inputs": [SEEDS]}, 400, "body.id"),
        ({"inputs": [{"name": "z"}]}, 400, "shape: Field required"),
        ({"inputs": [{"name": "z", "shape": [1, 4], "datatype": "FP32"}]}, 400, "neither data nor"),
        ({"inputs": [binary(32, data=[0] * 8)]}, 400, "both data and"),
        ({"inputs": [binary(32)]}, 400, "only 0 bytes behind the JSON"),
        ({"inputs": [binary(-1)]}, 400, "no number of bytes"),
        ({"inputs": [binary(True)]}, 400, "no number of bytes"),
        ({"inputs": [binary(10**30)]}, 400, "expected 32"),
        ({"inputs": latents([0] * 8)["inputs"] * 2}, 400, "there twice"),
        (latents([0] * 8, datatype="FP16"), 400, "FP16, which JSON has not"),
        (latents([0] * 8, datatype="FP64"), 400, "is FP64: expected FP32"),
        (latents([0] * 8, parameters={"shared_memory_region": "x"}), 400, "no shared memory"),
        (latents([0] * 7), 400, "has 7 numbers"),
        (latents([[0] * 4]), 400, "has 4 numbers"),
        (latents([[0] * 4, [0] * 3]), 400, "not nested as shape"),
        (latents([[0] * 4, 0]), 400, "not nested as shape"),
        (latents([[[0]] * 4] * 2), 400, "something else than numbers"),
        (latents([True] * 8), 400, "something else than numbers"),
        (latents(["0"] * 8), 400, "something else than numbers"),
        (latents([10**400] * 8), 400, "a number that FP32 has not"),
        (latents([1e300] * 8), 422, "within 100 of 0"),
        (json.dumps(latents([0] * 8)).replace("[0,", "[1e999,").encode(), 422, "within 100 of 0"),
        (json.dumps(latents([0] * 8)).replace("[0,", "[NaN,").encode(), 400, "NaN is not a JSON value"),
        (latents([], shape=(0, 4)), 400, r"\[0, 4\]: expected \[n, 4\]"),
        (latents([0] * 4, shape=(4,)), 400, r"\[4\]: expected \[n, 4\]"),
        (latents([0] * 4, shape=(-1, 4)), 400, "expected"),
        (latents([0] * 4, shape=(1.0, 4)), 400, "valid integer"),
        (latents([0] * 4, shape=(10**15, 4)), 422, "expected 1 ... 256"),
        (latents([0] * 8) | {"outputs": [{"name": "image"}]}, 400, "no output 'image'. Did you mean 'images'"),
        (latents([0] * 8) | {"outputs": [{"name": "images"}] * 2}, 400, "asked for twice"),
        (latents([0] * 8) | {"parameters": {"binary_data_output": 1}}, 400, "neither true nor false"),
        (
            latents([0] * 8) | {"outputs": [{"name": "images", "parameters": {"binary_data": "yes"}}]},
            400,
            "neither true nor false",
        ),
    ],
)
def test_malformed_requests(client, document, status, detail):
    refused(post(client, PLAIN, document), status, detail)


def test_lengths_must_add_up(client):
    document = json.dumps({"inputs": [binary(32)]}).encode()
    assert post(client, PLAIN, document, bytes(32)).status_code == 200
    refused(post(client, PLAIN, document, bytes(31)), 400, "only 31 bytes behind the JSON: expected 32")
    refused(post(client, PLAIN, document, bytes(33)), 400, "33 bytes follow the JSON: expected 32")
    for length in ("-1", "+1", "1e3", "9999999", "0x10", "٣"):
        response = client.post(PLAIN, content=document, headers={LENGTH: length.encode()})
        refused(response, 400, "expected the bytes of JSON")
    half = {"inputs": [binary(16, datatype="FP16")]}
    assert post(client, PLAIN, half, bytes(16)).status_code == 200
    refused(post(client, PLAIN, half, bytes(32)), 400, "follow the JSON: expected 16")
    refused(post(client, PLAIN, document, np.full(8, np.inf, "<f4").tobytes()), 422, "within 100 of 0")


def test_limits(catalogue):
    limits = Limits(samples=4, tensor_bytes=40_000, body_bytes=2000, reply_bytes=3 * 8 * 8 * 3 * 16)
    with TestClient(create_app(catalogue, Settings(limits=limits))) as client:
        refused(post(client, PLAIN, b" " * 40_001), 413, "at most 40000 bytes")
        refused(post(client, PLAIN, b" " * 4000), 413, "no more than 3024 bytes. Send tensors as binary")
        refused(post(client, PLAIN, latents([0] * 20, shape=(5, 4))), 422, "expected 1 ... 4")
        refused(post(client, PLAIN, latents([0] * 16, shape=(4, 4))), 422, "too much JSON: .* as binary")
        many = latents([0] * 16, shape=(4, 4)) | {"parameters": {"binary_data_output": True}}
        assert post(client, PLAIN, many).status_code == 200
        refused(client.post(PLAIN, content=(b" " for _ in range(50_000))), 413, "at most 40000")


def test_a_compressed_body_is_not_taken_for_what_it_is_not(client):
    refused(post(client, PLAIN, latents([0] * 8), **{"Content-Encoding": "gzip"}), 415, "compressed")


def test_the_index_names_what_could_not_be_loaded_but_not_where(tmp_path):
    write_model(tmp_path / "a.onnx", make_metadata("a"))
    (tmp_path / "Broken One.onnx").write_bytes(b"no model")
    models = Catalogue.load([tmp_path], device="cpu")
    with TestClient(create_app(models)) as client:
        index = client.post("/v2/repository/index")
        assert str(tmp_path) not in index.text
        entry = {"name": "broken-one", "version": "", "state": "UNAVAILABLE"}
        assert entry | {"reason": "not loaded: the server's log says why"} in index.json()
        assert len(client.post("/v2/repository/index", content=b'{"ready": true}').json()) == 2
        refused(client.post("/v2/repository/index", content=b"[]"), 400, "")
        refused(client.post("/v2/repository/index", content=b"{"), 400, "not JSON")


@pytest.fixture
def managed(model_dir, tmp_path):
    """A client with a key, of a server that loads and unloads."""
    for name in ("plain", "classy"):
        shutil.copy(model_dir / f"{name}.onnx", tmp_path)
    settings = Settings(admin=True, keys=Keys(["secret"]))
    models = Catalogue.load([tmp_path], device="cpu")
    with TestClient(create_app(models, settings)) as client:
        client.headers["X-API-Key"] = "secret"
        yield client


def test_models_are_unloaded_and_loaded_again_if_that_is_allowed(managed, plain):
    seeds = {"inputs": [SEEDS]}
    assert managed.post("/v2/repository/models/plain/unload", json={}).json() == {}
    refused(post(managed, "/v2/models/plain.sample/infer", seeds), 404, "no model 'plain'")
    assert managed.get("/v1/models/plain/images/1.png").status_code == 404
    index = managed.post("/v2/repository/index").json()
    assert {"name": "plain", "version": "", "state": "UNAVAILABLE", "reason": "unloaded"} in index
    refused(managed.post("/v2/repository/models/plain/unload"), 404, "no model 'plain'")
    assert post(managed, "/v2/models/classy.sample/infer", seeds).status_code == 200

    assert managed.post("/v2/repository/models/plain/load").json() == {}
    np.testing.assert_array_equal(
        images_of(post(managed, "/v2/models/plain.sample/infer", seeds)), plain.sample([3, 4])
    )
    assert managed.post("/v2/repository/models/plain/load").status_code == 200
    refused(managed.post("/v2/repository/models/zzz/load"), 404, "no model 'zzz'")


def test_a_model_that_is_away_is_told_as_not_ready_and_a_server_without_any_as_well(managed):
    def ready():
        return dict(re.findall(r'ganzoo_model_ready\{model="(\w+)"\} (\S+)', managed.get("/metrics").text))

    assert ready() == {"classy": "1.0", "plain": "1.0"}
    managed.post("/v2/repository/models/plain/unload")
    assert ready() == {"classy": "1.0", "plain": "0.0"}
    assert managed.get("/readyz").status_code == 200
    managed.app.server.models["classy"].generator.path.unlink()
    managed.post("/admin/reload")
    assert ready() == {"classy": "0.0", "plain": "0.0"}
    assert managed.get("/readyz").json() == {"ready": False}
    assert managed.get("/readyz").status_code == managed.get("/v2/health/ready").status_code == 503
    refused(managed.get("/v1/models/classy/images/1.png"), 404, "no model 'classy'")
    assert managed.post("/v1/images/generations", json={}).status_code == 404
    managed.post("/v2/repository/models/plain/load")
    assert ready() == {"classy": "0.0", "plain": "1.0"}
    assert managed.get("/readyz").status_code == 200


@pytest.mark.parametrize("name", ["config", "file:1/model.onnx"])
def test_no_model_comes_in_by_a_request(managed, name):
    body = {"parameters": {name: "x"}}
    refused(managed.post("/v2/repository/models/plain/load", json=body), 400, f"'{name}' is refused")


def test_loading_is_off_unless_it_is_on(client):
    for what in ("load", "unload"):
        refused(client.post(f"/v2/repository/models/plain/{what}"), 403, "does not load and unload")
    assert client.get("/v2/models/plain").status_code == 200


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)
parameters = st.fixed_dictionaries(
    {}, optional={"binary_data_size": st.integers(-1, 64) | values, "binary_data": st.booleans() | values}
)
tensors = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["z", "label", "seed", "class", "truncation", "images"]),
        "shape": st.lists(st.integers(-1, 5), max_size=3) | st.just([2, 4]) | st.just([2]) | values,
        "datatype": st.sampled_from(["FP32", "FP16", "INT64", "BYTES"]) | values,
    },
    optional={"data": st.lists(values, max_size=8) | st.just([0, 1]) | st.just([0.5] * 8), "parameters": parameters},
)
requests = st.fixed_dictionaries(
    {"inputs": st.lists(tensors, max_size=3)},
    optional={"outputs": st.lists(tensors, max_size=2), "parameters": parameters, "id": values},
)
paths = st.sampled_from([CLASSY, "/v2/models/classy.sample/infer", "/v2/models/truncated/infer"])


@settings(max_examples=300, deadline=None)
@given(paths, requests | values, st.none() | st.binary(max_size=64))
def test_no_request_is_a_failure(client, path, document, binary):
    response = post(client, path, document, binary)
    assert response.status_code in (200, 400, 422), response.text
    assert response.status_code == 200 or response.json()["error"]


@settings(max_examples=300, deadline=None)
@given(
    paths,
    st.lists(st.tuples(st.sampled_from(["z", "label", "seed", "class"]), st.integers(0, 3), st.integers(-2, 40))),
    st.integers(0, 120),
    st.integers(-3, 3),
)
def test_no_lengths_are_a_failure(client, path, sizes, size, off):
    """Shapes, sizes said and bytes sent that may or may not agree."""
    shapes = {"z": lambda n: [n, 4]}
    inputs = [
        {
            "name": name,
            "shape": shapes.get(name, lambda n: [n])(n),
            "datatype": "FP32" if name == "z" else "INT64",
            "parameters": {"binary_data_size": said},
        }
        for name, n, said in sizes
    ]
    content = json.dumps({"inputs": inputs}).encode()
    headers = {LENGTH: str(len(content) + off)}
    response = client.post(path, content=content + bytes(size), headers=headers)
    assert response.status_code in (200, 400, 422), response.text


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=80), st.sampled_from(["0", "1", "7", "80", ""]))
def test_no_bytes_are_a_failure(client, content, length):
    for path in (PLAIN, "/v2/models/plain.sample/infer"):
        response = client.post(path, content=content, headers={LENGTH: length} if length else {})
        assert response.status_code in (200, 400, 422), response.text
