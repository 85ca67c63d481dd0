import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replies import decode, refused

from ganzoo_serve.images import FORMATS
from ganzoo_serve.seeds import MAX_SEED, classes_from_seeds

PLAIN = "/v1/models/plain/images"


@pytest.mark.parametrize("seed", [0, 42, MAX_SEED])
def test_the_address_shows_the_seeds_image(client, generators, seed):
    for name, generator in generators.items():
        response = client.get(f"/v1/models/{name}/images/{seed}.png")
        assert response.status_code == 200
        assert response.headers["content-type"] == "image/png"
        assert response.headers["x-ganzoo-seed"] == str(seed)
        np.testing.assert_array_equal(decode(response.content), generator.sample([seed])[0])


@pytest.mark.parametrize("extension", FORMATS)
def test_every_format(client, plain, extension):
    response = client.get(f"{PLAIN}/5.{extension}")
    assert response.headers["content-type"] == FORMATS[extension].media_type
    assert response.content == FORMATS[extension].encode(plain.sample([5])[0])


def test_classes(client, classy):
    base = "/v1/models/classy/images/5.png"
    own = str(classes_from_seeds([5], 4)[0])
    assert client.get(base).headers["x-ganzoo-class"] == own
    dog = client.get(base, params={"class": "dog"})
    np.testing.assert_array_equal(decode(dog.content), classy.sample([5], classes="dog")[0])
    for same in ("1", "DOG"):
        response = client.get(base, params={"class": same})
        assert response.content == dog.content
        assert response.headers["etag"] == dog.headers["etag"]
    assert client.get(base, params={"class": "Größe"}).headers["x-ganzoo-class"] == "3"
    assert "x-ganzoo-class" not in client.get(f"{PLAIN}/5.png").headers


def test_truncation(client, truncated):
    base = "/v1/models/truncated/images/5.png"
    response = client.get(base, params={"truncation": 0.1234567})
    np.testing.assert_array_equal(decode(response.content), truncated.sample([5], truncation=0.1234567)[0])
    assert client.get(response.headers["content-location"]).headers["etag"] == response.headers["etag"]
    assert client.get(base, params={"truncation": "1"}).headers["etag"] == client.get(base).headers["etag"]
    assert client.get(base).headers["etag"] != response.headers["etag"]


def test_only_pinned_addresses_are_immutable(client, classy):
    response = client.get("/v1/models/classy/images/5.png")
    assert response.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
    pinned = response.headers["content-location"]
    own = classes_from_seeds([5], 4)[0]
    assert pinned == f"/v1/models/classy@{classy.rev}/images/5.png?class={own}"
    again = client.get(pinned)
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.content == response.content
    assert again.headers["etag"] == response.headers["etag"]
    refused(client.get("/v1/models/classy@000000000000/images/5.png"), 404, "is here as revision")


def test_a_tag_is_recognised_however_it_is_sent(client):
    tag = client.get(f"{PLAIN}/5.png").headers["etag"]
    for match in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = client.get(f"{PLAIN}/5.png", headers={"If-None-Match": match})
        assert (response.status_code, response.content) == (304, b"")


def test_another_tag_gets_the_image(client):
    for match in ('"other"', "", "garbage", '"'):
        assert client.get(f"{PLAIN}/5.png", headers={"If-None-Match": match}).status_code == 200


def test_tags_differ_where_bytes_do(client):
    paths = ["plain/images/5.png", "plain/images/6.png", "plain/images/5.jpg", "floaty/images/5.png"]
    paths += ["classy/images/5.png?class=0", "classy/images/5.png?class=1"]
    tags = {client.head(f"/v1/models/{path}").headers["etag"] for path in paths}
    assert len(tags) == len(paths)


@pytest.mark.parametrize("seed", ["-1", "1.5", "x", "01", "+1", "9007199254740992", "9" * 5000, "%D9%A3", "1e3", "%00"])
def test_what_is_no_seed(client, seed):
    body = refused(client.get(f"{PLAIN}/{seed}.png"), 422, "is not a seed: expected 0 ... 9007199254740991")
    assert body["errors"][0]["loc"] == ["path", "seed"]


def test_unknown_formats_models_and_paths(client):
    refused(
        client.get(f"{PLAIN}/1.gif"),
        406,
        "There is no format 'gif': expected one of png, jpg, jpeg, webp, avif, npy, json",
    )
    refused(client.get("/v1/models/plane/images/1.png"), 404, "Did you mean 'plain'")
    refused(client.post(f"{PLAIN}/1.png"), 405, "POST is not allowed")


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("truncation=2", "query.truncation: Input should be less than or equal to 1"),
        ("truncation=-0.1", "greater than or equal to 0"),
        ("truncation=nan", "finite number"),
        ("truncation=1e999", "finite number"),
        ("truncation=abc", "valid number"),
        ("clas=1", "query.clas: There is no such member. Did you mean 'class'?"),
        ("truncation=0.5", "Model 'classy' has no truncation: leave it out"),
        ("class=doog", "Did you mean 'dog'?"),
        ("class=4", "model 'classy' has 0 ... 3"),
        ("class=-1", "has no class '-1'"),
        ("class=" + "x" * 3000, "at most 200 characters"),
        ("class=%00%ff", "has no class"),
        ("class=", "has no class ''"),
        ("class=1&class=2", "'class' is there twice"),
        ("class=1&class=1", "'class' is there twice"),
        ("x" * 4000 + "&" + "x" * 4000, "is there twice"),
    ],
)
def test_queries_out_of_range(client, query, detail):
    body = refused(client.get(f"/v1/models/classy/images/1.png?{query}"), 422, detail)
    assert body["errors"][0]["loc"][0] == "query"
    assert "x" * 300 not in str(body)


def test_a_class_for_a_model_without(client):
    refused(client.get(f"{PLAIN}/1.png?class=0"), 422, "Model 'plain' has no classes: leave the class out")


anything = st.text(max_size=20) | st.text(string.printable, max_size=20) | st.integers().map(str) | st.floats().map(str)


@settings(max_examples=150, deadline=None)
@given(
    model=st.sampled_from(["plain", "classy", "truncated"]),
    seed=anything.map(lambda text: text.replace("/", "").replace("\\", "")),
    extension=st.sampled_from([*FORMATS, "gif", ""]),
    query=st.dictionaries(st.sampled_from(["class", "truncation", "x"]), anything, max_size=3),
)
def test_no_address_is_a_failure(client, model, seed, extension, query):
    from urllib.parse import quote, urlencode

    url = f"/v1/models/{model}/images/{quote(seed, safe='', errors='replace')}.{extension}"
    response = client.get(f"{url}?{urlencode(query, errors='replace')}")
    assert response.status_code in (200, 404, 406, 422)
