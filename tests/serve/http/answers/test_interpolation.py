"""GET /v1/models/{model}/interpolate.{extension}: the way from seed to seed, as a film or a grid, with an address."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence
from replies import decode, refused
from starlette.testclient import TestClient

from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.images import FORMATS, film, grid
from ganzoo_serve.paths import walk
from ganzoo_serve.seeds import MAX_SEED, classes_from_seeds

PLAIN, CLASSY = "/v1/models/plain/interpolate", "/v1/models/classy/interpolate"


def frames(data):
    """RGB frames and how long each is shown, in milliseconds."""
    with Image.open(io.BytesIO(data)) as picture:
        shown = [
            (np.asarray(frame.convert("RGB")), frame.info["duration"]) for frame in ImageSequence.Iterator(picture)
        ]
        assert picture.info["loop"] == 0
    return np.stack([image for image, _ in shown]), [duration for _, duration in shown]


def way(generator, begin, end, steps, mode="slerp", *, label=None, truncation=None):
    z = walk(*generator.latents([begin, end]), steps, mode)
    return generator.run(z, None if label is None else np.full(steps, label), truncation)


def test_a_film_walks_from_seed_to_seed(client, plain):
    response = client.get(f"{PLAIN}.webp?from=1&to=2&steps=9&milliseconds=120")
    assert response.headers["content-type"] == "image/webp"
    shown, durations = frames(response.content)
    np.testing.assert_array_equal(shown, way(plain, 1, 2, 9))
    assert durations == [120] * 9
    assert [response.headers[f"x-ganzoo-{name}"] for name in ("from", "to", "steps")] == ["1", "2", "9"]


def test_a_webp_may_show_its_images_for_any_time(client):
    assert set(frames(client.get(f"{PLAIN}.webp?from=1&to=2&steps=3&milliseconds=15").content)[1]) == {15}


def test_a_gif_is_the_film_that_the_library_makes(client, plain, classy):
    response = client.get(f"{PLAIN}.gif?from=1&to=2&steps=5&milliseconds=50")
    assert response.headers["content-type"] == "image/gif"
    assert response.content == film(list(way(plain, 1, 2, 5)), "gif", 50)
    assert len(frames(response.content)[0]) == 5
    grey = client.get(f"{CLASSY}.gif?from=1&to=2&steps=5&class=0").content
    np.testing.assert_array_equal(frames(grey)[0], np.repeat(way(classy, 1, 2, 5, label=0), 3, axis=3))


@pytest.mark.parametrize("extension", sorted(set(FORMATS) - {"webp"}))
def test_other_formats_are_grids(client, plain, extension):
    response = client.get(f"{PLAIN}.{extension}?from=1&to=2&steps=6&columns=6")
    assert response.headers["content-type"] == FORMATS[extension].media_type
    assert response.content == FORMATS[extension].encode(grid(way(plain, 1, 2, 6), 6))


@pytest.mark.parametrize("mode", ["slerp", "lerp"])
@pytest.mark.parametrize("name", ["plain", "classy", "truncated", "floaty"])
def test_its_ends_are_the_images_of_the_seeds_to_the_last_bit(client, generators, name, mode):
    generator = generators[name]
    image = generator.metadata.image
    truncation = 0.7 if generator.metadata.truncation else None
    query = {"from": 0, "to": MAX_SEED, "steps": 7, "mode": mode, "columns": 7}
    response = client.get(
        f"/v1/models/{name}/interpolate.png", params=query | ({"truncation": truncation} if truncation else {})
    )
    cells = decode(response.content).reshape(image.height, 7, image.width, image.channels)
    label = response.headers.get("x-ganzoo-class")
    ends = generator.sample([0, MAX_SEED], classes=label, truncation=truncation)
    np.testing.assert_array_equal(cells[:, 0], ends[0])
    np.testing.assert_array_equal(cells[:, -1], ends[1])
    own = client.get(f"/v1/models/{name}/images/0.png", params={"truncation": truncation} if truncation else {})
    np.testing.assert_array_equal(cells[:, 0], decode(own.content))


def test_the_class_is_that_of_the_first_seed_unless_it_is_said(client, classy):
    own = int(classes_from_seeds([3], 4)[0])
    response = client.get(f"{CLASSY}.png?from=3&to=9&steps=4")
    assert response.headers["x-ganzoo-class"] == str(own)
    np.testing.assert_array_equal(decode(response.content), grid(way(classy, 3, 9, 4, label=own)))
    said = client.get(f"{CLASSY}.png?from=3&to=9&steps=4&class=größe")
    np.testing.assert_array_equal(decode(said.content), grid(way(classy, 3, 9, 4, label=3)))
    assert client.get(f"{CLASSY}.png?from=3&to=9&steps=4&class={own}").headers["etag"] == response.headers["etag"]


def test_truncation_and_modes(client, truncated):
    base = "/v1/models/truncated/interpolate.png?from=1&to=2&steps=4"
    response = client.get(f"{base}&mode=lerp&truncation=0.3")
    np.testing.assert_array_equal(decode(response.content), grid(way(truncated, 1, 2, 4, "lerp", truncation=0.3)))
    usual = client.get(base)
    assert usual.headers["x-ganzoo-mode"] == "slerp"
    assert usual.headers["etag"] == client.get(f"{base}&mode=slerp&truncation=1").headers["etag"]
    assert usual.headers["etag"] != client.get(f"{base}&mode=lerp").headers["etag"]


def test_only_pinned_addresses_are_immutable(client, classy):
    response = client.get(f"{CLASSY}.webp?from=1&to=2")
    assert response.headers["cache-control"] == "public, max-age=60, stale-while-revalidate=600"
    own = classes_from_seeds([1], 4)[0]
    pinned = response.headers["content-location"]
    assert pinned == (
        f"/v1/models/classy@{classy.rev}/interpolate.webp?from=1&to=2&steps=16&mode=slerp&class={own}&milliseconds=80"
    )
    again = client.get(pinned)
    assert again.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert again.headers["etag"] == response.headers["etag"]
    assert again.content == response.content


@pytest.mark.parametrize(
    ("address", "detail"),
    [
        ("png?from=1", "query.to: Field required"),
        ("png?from=x&to=1", "'x' is not a seed"),
        ("png?from=1&to=01", "'01' is not a seed"),
        (f"png?from=1&to={MAX_SEED + 1}", "is not a seed"),
        ("png?from=1&to=2&steps=1", "greater than or equal to 2"),
        ("png?from=1&to=2&steps=257", "257 steps: expected 2 ... 256"),
        ("png?from=1&to=2&mode=curl", "'slerp' or 'lerp'"),
        ("png?from=1&to=2&milliseconds=80", "Only a film"),
        ("webp?from=1&to=2&columns=2", "A film has no columns"),
        ("gif?from=1&to=2&milliseconds=9", "greater than or equal to 10"),
        ("gif?from=1&to=2&milliseconds=15", "expected a multiple of 10 ms, not 15"),
        ("png?from=1&to=2&class=doog", "Did you mean 'dog'?"),
        ("png?from=1&to=2&x=1", "There is no such member. Expected one of class, truncation, from, to"),
        ("png?from=1&to=2&to=3", "'to' is there twice"),
    ],
)
def test_queries_out_of_range(client, address, detail):
    body = refused(client.get(f"{CLASSY}.{address}"), 422, detail)
    assert body["errors"][0]["loc"][0] == "query"


def test_limits_can_be_set(catalogue):
    limits = Limits(steps=8, grid_side=16, reply_bytes=6 * 8 * 8 * 3)
    with TestClient(create_app(catalogue, Settings(limits=limits))) as client:
        refused(client.get(f"{PLAIN}.webp?from=1&to=2&steps=9"), 422, "9 steps: expected 2 ... 8")
        refused(client.get(f"{PLAIN}.webp?from=1&to=2&steps=7"), 422, "too much for one reply")
        refused(client.get(f"{PLAIN}.png?from=1&to=2&steps=3&columns=3"), 422, "24 x 8 pixels")
        assert client.get(f"{PLAIN}.webp?from=1&to=2&steps=6").status_code == 200  # a film is no wider than an image


def test_unknown_formats_and_models(client):
    refused(client.get(f"{PLAIN}.bmp?from=1&to=2"), 406, "expected one of png, jpg, jpeg, webp, avif, npy, gif")
    refused(client.get("/v1/models/plane/interpolate.png?from=1&to=2"), 404, "Did you mean 'plain'")
