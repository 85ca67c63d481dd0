import io
import json
import tarfile
import zipfile
from email import message_from_bytes

import numpy as np
import pytest
from replies import decode

PLAIN, CLASSY, TRUNCATED = (f"/v1/models/{name}/samples" for name in ("plain", "classy", "truncated"))


def refused(response, detail):
    assert response.status_code == 422
    assert detail in response.json()["detail"]


def test_npy_is_the_array(client, plain):
    response = client.post(PLAIN, json={"seed": 3, "n": 9, "layout": "npy"})
    np.testing.assert_array_equal(np.load(io.BytesIO(response.content), allow_pickle=False), plain.sample(range(3, 12)))
    assert response.headers["x-ganzoo-seed"] == "3-11"


def test_single_is_the_file_itself_and_says_which(client, classy):
    response = client.post(CLASSY, json={"layout": "single", "format": "webp", "classes": "dog"})
    assert response.headers["content-type"] == "image/webp"
    seed = int(response.headers["x-ganzoo-seed"])
    assert response.headers["x-ganzoo-class"] == "1"
    assert client.get(response.headers["content-location"]).content == response.content
    np.testing.assert_array_equal(decode(response.content)[:, :, :1], classy.sample([seed], classes="dog")[0])
    refused(client.post(CLASSY, json={"layout": "single", "n": 2}), "Layout single is one image, not 2")


def test_archives_hold_the_files(client, classy):
    body = {"seeds": [7, 2], "classes": ["dog", "cat"]}
    names = ["00000-seed7-class1.png", "00001-seed2-class0.png"]
    expected = [client.get(f"/v1/models/classy/images/{s}.png?class={c}").content for s, c in ((7, 1), (2, 0))]
    tar = client.post(CLASSY, json=body | {"layout": "tar"})
    assert tar.headers["content-type"] == "application/x-tar"
    assert "content-length" not in tar.headers  # it comes as it is drawn
    with tarfile.open(fileobj=io.BytesIO(tar.content)) as archive:
        assert archive.getnames() == names
        assert [archive.extractfile(name).read() for name in names] == expected
    zipped = client.post(CLASSY, json=body | {"layout": "zip"})
    with zipfile.ZipFile(io.BytesIO(zipped.content)) as archive:
        assert archive.namelist() == names
        assert [archive.read(name) for name in names] == expected
    assert client.post(CLASSY, json=body | {"layout": "zip"}).content == zipped.content


def test_ndjson_is_a_line_an_image(client, plain):
    response = client.post(PLAIN, json={"seed": 5, "n": 40, "layout": "ndjson"})
    lines = [json.loads(line) for line in response.content.splitlines()]
    assert [line["seed"] for line in lines] == list(range(5, 45))
    whole = client.post(PLAIN, json={"seed": 5, "n": 40}).json()["images"]
    assert [line["b64"] for line in lines] == [image["b64"] for image in whole]
    assert [line["url"] for line in lines] == [image["url"] for image in whole]


def test_multipart_says_what_each_part_is(client):
    response = client.post(CLASSY, json={"seed": 5, "n": 3, "layout": "multipart"})
    message = message_from_bytes(
        b"Content-Type: " + response.headers["content-type"].encode() + b"\n\n" + response.content
    )
    parts = message.get_payload()
    assert [part["X-Ganzoo-Index"] for part in parts] == ["0", "1", "2"]
    for part in parts:
        expected = client.get(part["Content-Location"])
        assert part.get_payload(decode=True) == expected.content
        assert part["X-Ganzoo-Class"] == expected.headers["x-ganzoo-class"]


@pytest.mark.parametrize("layout", ["json", "npy", "npz", "tar", "zip", "ndjson", "multipart", "grid"])
def test_latents_are_drawn_as_they_are(client, truncated, layout):
    z = truncated.latents([9, 4])
    body = {"latents": z.tolist(), "truncation": 0.5, "layout": layout}
    response = client.post(TRUNCATED, json=body)
    assert response.status_code == 200
    assert "x-ganzoo-seed" not in response.headers
    expected = truncated.run(z, truncation=0.5)
    if layout == "npy":
        np.testing.assert_array_equal(np.load(io.BytesIO(response.content)), expected)
    if layout == "json":
        assert set(response.json()["images"][0]) == {"index", "class", "b64"}
    if layout == "tar":
        with tarfile.open(fileobj=io.BytesIO(response.content)) as archive:
            assert archive.getnames() == ["00000.png", "00001.png"]


def test_latents_out_of_range(client):
    row = [0.0] * 4
    for body, detail in [
        ({"latents": [row, row[:3]]}, "3 numbers: expected 4"),
        ({"latents": [[101.0, 0, 0, 0]]}, "not within 100 of 0"),
        ({"latents": [[1e999, 0, 0, 0]]}, "The body is not JSON"),
        ({"latents": [row] * 257}, "More than 256 images"),
        ({"latents": [row], "seeds": [1]}, "not both"),
        ({"latents": [row], "n": 1}, "not both"),
        ({"latents": []}, "at least 1 item"),
    ]:
        response = client.post(PLAIN, content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert response.status_code in (400, 422)
        assert detail in response.json()["detail"]
    refused(client.post(CLASSY, json={"latents": [row]}), "Latents have no class of their own")
    assert client.post(CLASSY, json={"latents": [row], "classes": "dog"}).status_code == 200


def test_depth_of_json_is_limited(client):
    body = '{"seeds": ' + "[" * 40 + "]" * 40 + "}"
    response = client.post(PLAIN, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert "at most 32 levels" in response.json()["detail"]
