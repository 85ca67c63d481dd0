import base64
import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replies import decode, refused
from starlette.testclient import TestClient

from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.answers.samples import SamplesRequest
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import MOST_SAMPLES, NAMED, Limits
from ganzoo_serve.seeds import MAX_SEED, classes_from_seeds

PLAIN, CLASSY = "/v1/models/plain/samples", "/v1/models/classy/samples"
JSON = {"Content-Type": "application/json"}


def test_json_holds_the_images_their_seeds_classes_and_addresses(client, classy):
    response = client.post(CLASSY, json={"seed": 100, "n": 5})
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-ganzoo-seed"] == "100-104"
    document = response.json()
    assert document["model"] == "classy"
    assert document["rev"] == classy.rev
    expected = classy.sample(range(100, 105))
    for index, entry in enumerate(document["images"]):
        assert entry["index"] == index
        assert entry["seed"] == 100 + index
        assert entry["class"] == classes_from_seeds([100 + index], 4)[0]
        data = base64.b64decode(entry["b64"])
        np.testing.assert_array_equal(decode(data), expected[index])
        assert client.get(entry["url"]).content == data


def test_npz_holds_the_arrays(client, classy):
    response = client.post(CLASSY, json={"seeds": [7, 3, 7], "classes": ["dog", 0, "ZEBRA"], "layout": "npz"})
    with np.load(io.BytesIO(response.content), allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["images"], classy.sample([7, 3, 7], classes=[1, 0, 2]))
        assert arrays["seeds"].tolist() == [7, 3, 7]
        assert arrays["classes"].tolist() == [1, 0, 2]
    assert (response.headers["x-ganzoo-seed"], response.headers["x-ganzoo-class"]) == ("7,3,7", "1,0,2")
    with np.load(io.BytesIO(client.post(PLAIN, json={"layout": "npz"}).content)) as arrays:
        assert sorted(arrays) == ["images", "seeds"]


@pytest.mark.parametrize("layout", ["npy", "grid"])
def test_headers_name_the_images_where_the_layout_does_not(client, classy, layout):
    def named(**body):
        headers = client.post(CLASSY, json=body | {"layout": layout}).headers
        return headers.get("x-ganzoo-seed"), headers.get("x-ganzoo-class")

    own = ",".join(map(str, classes_from_seeds([5, 6, 7, 30], 4)))
    assert "," in own
    assert named(seeds=[5, 6, 7, 30]) == ("5-7,30", own)
    assert named(seeds=[5, 6, 7, 30], classes="dog") == ("5-7,30", "1")
    assert named(latents=[[0.0] * 4] * 2, classes=[1, 3]) == (None, "1,3")
    assert "x-ganzoo-class" not in client.post(PLAIN, json={"layout": layout}).headers
    # So many numbers may be more than those who pass them on have room for.
    assert named(seeds=list(range(10**15, 10**15 + 400, 2)), classes=0) == (None, "0")


@pytest.mark.parametrize("columns", [None, 1, 3, 100])
def test_a_grids_cells_are_the_images(client, plain, columns):
    body = {"seed": 0, "n": 7, "layout": "grid", "format": "webp"} | ({"columns": columns} if columns else {})
    response = client.post(PLAIN, json=body)
    assert response.headers["content-type"] == "image/webp"
    width = int(response.headers["x-ganzoo-columns"])
    assert width == {None: 3, 1: 1, 3: 3, 100: 7}[columns]
    picture = decode(response.content)
    for index, image in enumerate(plain.sample(range(7))):
        y, x = (8 * part for part in divmod(index, width))
        np.testing.assert_array_equal(picture[y : y + 8, x : x + 8], image)


def test_without_a_seed_the_server_picks_one_and_says_which(client, plain):
    first, second = (client.post(PLAIN, json={"n": 2}) for _ in range(2))
    assert first.headers["x-ganzoo-seed"] != second.headers["x-ganzoo-seed"]
    seeds = [entry["seed"] for entry in first.json()["images"]]
    assert seeds[1] == seeds[0] + 1
    np.testing.assert_array_equal(decode(base64.b64decode(first.json()["images"][1]["b64"])), plain.sample(seeds)[1])
    assert len(client.post(PLAIN, json={}).json()["images"]) == 1


def test_the_largest_request_is_served(client, plain):
    document = client.post(PLAIN, json={"seed": MAX_SEED - 255, "n": 256}).json()
    assert document["images"][-1]["seed"] == MAX_SEED
    np.testing.assert_array_equal(decode(base64.b64decode(document["images"][-1]["b64"])), plain.sample([MAX_SEED])[0])


def test_seeds_far_apart_cost_no_more_than_others(client, plain):
    document = client.post(PLAIN, json={"seeds": [0, MAX_SEED]})
    assert document.status_code == 200
    assert document.headers["x-ganzoo-seed"] == f"0,{MAX_SEED}"
    assert [image["seed"] for image in document.json()["images"]] == [0, MAX_SEED]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"n": 0}, "body.n: Input should be greater than or equal to 1"),
        ({"n": 257}, "More than 256 images: expected 1 ... 256"),
        ({"n": 10**400}, "More than 256 images"),
        ({"n": "8"}, "body.n: Input should be a valid integer"),
        ({"n": 1.5}, "valid integer"),
        ({"n": True}, "valid integer"),
        ({"seed": -1}, "greater than or equal to 0"),
        ({"seed": MAX_SEED + 1}, f"less than or equal to {MAX_SEED}"),
        ({"seed": MAX_SEED, "n": 2}, "is over 9007199254740991"),
        ({"seeds": []}, "at least 1 item"),
        ({"seeds": [1, -1]}, "Seed -1 is not an integer"),
        ({"seeds": list(range(257))}, "More than 256 images"),
        ({"seeds": [1], "n": 1}, "Expected 'seeds' or 'n', not both"),
        ({"seeds": [1], "seed": 1}, "Expected 'seeds' or 'seed', not both"),
        ({"classes": "doog"}, "Did you mean 'dog'?"),
        ({"classes": ["dog", "dog"]}, "2 classes for 1 seeds"),
        ({"classes": [4]}, "has 0 ... 3"),
        ({"classes": [10**400]}, "more than 30 digits"),
        ({"classes": "\ud800"}, "has no class"),
        ({"classes": {}}, "body.classes"),
        ({"truncation": 0.5}, "has no truncation"),
        ({"truncation": 2}, "less than or equal to 1"),
        ({"layout": "rar"}, "'single', 'grid'"),
        ({"format": "pgn"}, "Did you mean 'png'"),
        ({"format": "png", "layout": "npz"}, "leave the format out"),
        ({"columns": 2}, "Layout json has no columns"),
        ({"columns": 0, "layout": "grid"}, "greater than or equal to 1"),
        ({"sedes": [1]}, "body.sedes: There is no such member. Did you mean 'seeds'"),
        ([], "body: Input should be an object"),
        (None, "body: Input should be an object"),
        ("{}", "body: Input should be an object"),
    ],
)
def test_values_out_of_range(client, body, detail):
    problem = refused(client.post(CLASSY, content=json.dumps(body), headers=JSON), 422, detail)
    assert problem["errors"][0]["loc"][0] == "body"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"n": NaN}',
        b'{"truncation": Infinity}',
        b'{"n": ' + b"9" * 5000 + b"}",
        b"\xff\xfe{\x00}\x00",
        b'{"classes": "\xff"}',
        b"[" * 500_000,
        b'{"a":' * 100_000,
    ],
    ids=lambda content: repr(content[:20]),
)
def test_what_is_no_json(client, content):
    refused(client.post(CLASSY, content=content, headers=JSON), 400, "The body is")


def test_other_content_types(client):
    for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/x-www-form-urlencoded"}):
        refused(client.post(PLAIN, content=b"{}", headers=headers), 415, "expected application/json")
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/vnd.x+json"):
        assert client.post(PLAIN, content=b"{}", headers={"Content-Type": kind}).status_code == 200


def test_large_bodies_are_refused_with_or_without_a_length(client):
    big = b'{"n": 1' + b" " * 2**20 + b"}"
    refused(client.post(PLAIN, content=big, headers=JSON), 413, "at most 1048576 bytes")
    chunks = (big[start : start + 4096] for start in range(0, len(big), 4096))
    refused(client.post(PLAIN, content=chunks, headers=JSON), 413, "at most 1048576 bytes")
    just = b"{" + b" " * (2**20 - 2) + b"}"
    assert client.post(PLAIN, content=just, headers=JSON).status_code == 200


def test_limits_can_be_set(catalogue):
    limits = Limits(samples=4, grid_side=16, reply_bytes=2 * 8 * 8 * 3)
    with TestClient(create_app(catalogue, Settings(limits=limits))) as client:
        refused(client.post(PLAIN, json={"n": 5}), 422, "expected 1 ... 4")
        refused(client.post(PLAIN, json={"n": 3}), 422, "too much for one reply: at most 2")
        refused(
            client.post(CLASSY, json={"n": 3, "layout": "grid", "columns": 3}),
            422,
            "24 x 8 pixels: expected at most 16",
        )
        said = client.get("/v1/models/plain").json()["limits"]
        assert (said["samples"], said["grid_side"], said["reply_bytes"], said["body_bytes"]) == (4, 16, 384, 2**20)
        assert said.keys() == {"samples", *NAMED}


def test_no_server_has_room_for_more_than_a_list_may_hold():
    seeds = list(range(Limits(samples=MOST_SAMPLES).samples))
    assert SamplesRequest(seeds=seeds).seeds == seeds
    for many in (0, MOST_SAMPLES + 1):
        with pytest.raises(ServeError, match=f"^{many} images in one request: expected a number in 1 ... 4096"):
            Limits(samples=many)


def test_methods(client):
    refused(client.get(PLAIN), 405, "GET is not allowed")
    refused(client.post("/v1/models/plian/samples", json={}), 404, "Did you mean 'plain'")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
fields = ["n", "seed", "seeds", "classes", "truncation", "layout", "format", "columns"]
sensible = st.sampled_from([1, 3, 0.5, "npz", "grid", "json", "png", "dog", [1, 2], ["cat", 1], None])


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(fields), sensible | values, max_size=4) | values)
def test_no_body_is_a_failure(client, body):
    response = client.post(CLASSY, content=json.dumps(body), headers=JSON)
    assert response.status_code in (200, 400, 422)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=50))
def test_no_bytes_are_a_failure(client, content):
    assert client.post(CLASSY, content=content, headers=JSON).status_code in (200, 400, 422)
