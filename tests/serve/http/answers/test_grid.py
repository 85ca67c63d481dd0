"""GET /v1/models/{model}/grid.{extension}: many seeds in one picture, with an address."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import decode, refused
from starlette.testclient import TestClient

from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.address import seeds_text
from ganzoo_serve.http.requests.keys import Keys
from ganzoo_serve.images import FORMATS, grid
from ganzoo_serve.seeds import MAX_SEED, classes_from_seeds

PLAIN, CLASSY = "/v1/models/plain/grid", "/v1/models/classy/grid"


def test_a_grid_shows_the_seeds_images_edge_to_edge(client, generators):
    for name, generator in generators.items():
        response = client.get(f"/v1/models/{name}/grid.png?seeds=0-4,9&columns=4")
        assert response.headers["content-type"] == "image/png"
        np.testing.assert_array_equal(decode(response.content), grid(generator.sample([0, 1, 2, 3, 4, 9]), 4))
        assert response.headers["x-ganzoo-columns"] == "4"


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format(client, plain, extension):
    response = client.get(f"{PLAIN}.{extension}?seeds=5-8")
    assert response.headers["content-type"] == FORMATS[extension].media_type
    assert response.content == FORMATS[extension].encode(grid(plain.sample([5, 6, 7, 8]), 2))


def test_one_class_for_all_or_each_seeds_own(client, classy):
    own = client.get(f"{CLASSY}.png?seeds=0-8")
    np.testing.assert_array_equal(decode(own.content), grid(classy.sample(range(9))))
    assert own.headers["x-ganzoo-class"] == ",".join(map(str, classes_from_seeds(range(9), 4)))
    dogs = client.get(f"{CLASSY}.png?seeds=0-8&class=DOG")
    np.testing.assert_array_equal(decode(dogs.content), grid(classy.sample(range(9), classes="dog")))
    assert dogs.headers["x-ganzoo-class"] == "1"
    assert dogs.headers["etag"] != own.headers["etag"]


def test_truncation(client, truncated):
    response = client.get("/v1/models/truncated/grid.png?seeds=1-4&truncation=0.3")
    np.testing.assert_array_equal(decode(response.content), grid(truncated.sample([1, 2, 3, 4], truncation=0.3)))
    assert response.headers["content-location"].endswith("?seeds=1-4&truncation=0.3&columns=2")


def test_ways_to_say_the_same_have_one_name_and_one_address(client, classy):
    first = client.get(f"{CLASSY}.png?seeds=3-5,6,8&class=cat")
    pinned = first.headers["content-location"]
    assert pinned == f"/v1/models/classy@{classy.rev}/grid.png?seeds=3-6,8&class=0&columns=3"
    assert first.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
    again = client.get(pinned)
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-location" not in again.headers
    assert again.headers["etag"] == first.headers["etag"]
    assert again.content == first.content
    assert client.get(f"{CLASSY}.png?seeds=3-6,8&class=cat&columns=2").headers["etag"] != first.headers["etag"]
    assert client.get(f"{CLASSY}.png?seeds=3-6").headers["x-ganzoo-seed"] == "3-6"
    assert first.headers["x-ganzoo-seed"] == "3-6,8"


@given(st.lists(st.integers(0, 30) | st.integers(0, MAX_SEED), min_size=1, max_size=20))
def test_seeds_are_written_as_they_are_read(seeds):
    assert asking.parse_seeds(seeds_text(seeds), Limits()) == seeds


def test_a_key_pays_for_every_image(catalogue):
    key = {"X-API-Key": "k"}
    with TestClient(create_app(catalogue, Settings(keys=Keys(["k"], rate=4, clock=lambda: 0.0)))) as client:
        assert client.head(f"{PLAIN}.png?seeds=0-3", headers=key).status_code == 200
        assert client.get(f"{PLAIN}.png?seeds=0-2", headers=key).headers["cache-control"].startswith("private, ")
        refused(client.get(f"{PLAIN}.png?seeds=0-1", headers=key), 429, "images a second")
        refused(client.get(f"{PLAIN}.png?seeds=0-1"), 401, "A key is needed")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("", "query.seeds: Field required"),
        ("seeds=", "is no seed and no range"),
        ("seeds=1,", "is no seed and no range"),
        ("seeds=01", "is no seed and no range"),
        ("seeds=9-3", "is no range of seeds"),
        ("seeds=9007199254740992", "is no range of seeds"),
        ("seeds=0-256", "More than 256 images"),
        ("seeds=0-3&columns=0", "greater than or equal to 1"),
        ("seeds=0-3&columns=x", "valid integer"),
        ("seeds=0-3&class=doog", "Did you mean 'dog'?"),
        ("seeds=0-3&truncation=0.5", "has no truncation"),
        ("sedes=0-3&seeds=1", "query.sedes: There is no such member. Did you mean 'seeds'?"),
        ("seeds=0-3&class=1&class=2", "'class' is there twice"),
        ("seeds=0-3&%73eeds=0-3", "'seeds' is there twice"),
    ],
)
def test_queries_out_of_range(client, query, detail):
    body = refused(client.get(f"{CLASSY}.png?{query}"), 422, detail)
    assert body["errors"][0]["loc"][0] == "query"


def test_what_is_too_large_is_refused(catalogue):
    limits = Limits(samples=8, grid_side=16, reply_bytes=6 * 8 * 8 * 3)
    with TestClient(create_app(catalogue, Settings(limits=limits))) as client:
        refused(client.get(f"{PLAIN}.png?seeds=0-8"), 422, "More than 8 images")
        refused(client.get(f"{PLAIN}.png?seeds=0-6"), 422, "too much for one reply: at most 6")
        refused(client.get(f"{PLAIN}.png?seeds=0-2&columns=3"), 422, "24 x 8 pixels: expected at most 16")


def test_unknown_formats_and_models(client):
    refused(client.get(f"{PLAIN}.gif?seeds=1"), 406, "There is no format 'gif': expected one of png, jpg")
    refused(client.get("/v1/models/plane/grid.png?seeds=1"), 404, "Did you mean 'plain'")
    refused(client.get("/v1/models/plain@000000000000/grid.png?seeds=1"), 404, "is here as revision")
