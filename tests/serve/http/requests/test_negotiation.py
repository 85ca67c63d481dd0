import pytest

from ganzoo_serve.http.requests.negotiation import choose

OFFERS = [(kind, kind.removeprefix("image/")) for kind in ("image/png", "image/webp", "image/avif", "image/jpeg")]
CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "png"),
        ("*/*", "png"),
        ("image/*", "png"),
        (CHROME, "png"),
        ("image/webp", "webp"),
        ("IMAGE/JPEG", "jpeg"),
        ("image/avif, image/png;q=0.9", "avif"),
        ("image/*, image/png;q=0.1", "webp"),
        ("image/png;q=0, */*", "webp"),
        ("text/html, image/jpeg;q=0.2", "jpeg"),
        ("text/html", None),
        ("image/png;q=0", None),
        ("image/png;q=x", None),
        (",,;;", None),
    ],
)
def test_choice(accept, chosen):
    assert choose(accept, OFFERS) == chosen


def test_an_address_without_extension_is_what_the_client_likes(client):
    base = "/v1/models/plain/images/5"
    webp = client.get(base, headers={"Accept": "image/webp,*/*;q=0.1"})
    assert webp.headers["content-type"] == "image/webp"
    assert webp.headers["vary"] == "Accept"
    assert webp.content == client.get(base + ".webp").content
    assert webp.headers["etag"] == client.head(base + ".webp").headers["etag"]
    assert webp.headers["content-location"].endswith("/images/5.webp")
    assert "vary" not in client.get(base + ".webp").headers
    refused = client.get(base, headers={"Accept": "text/html"})
    assert refused.status_code == 406
    assert "image/png, image/webp" in refused.json()["detail"]


def test_an_image_as_json(client):
    document = client.get("/v1/models/classy/images/5.json?class=dog").json()
    assert (document["seed"], document["class"], document["media_type"]) == (5, 1, "image/png")
    import base64

    assert client.get(document["url"]).content == base64.b64decode(document["b64"])
