"""What all pictures with an address have in common, be they an image, a grid or a film."""

import pytest
from starlette.testclient import TestClient

from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.limits import Limits

PATHS = [
    "/v1/models/plain/images/5.png",
    "/v1/models/plain/grid.png?seeds=0-3",
    "/v1/models/plain/interpolate.webp?from=1&to=2",
    "/v1/models/plain/interpolate.gif?from=1&to=2",
    "/v1/models/plain/interpolate.png?from=1&to=2",
]


@pytest.fixture
def blank(catalogue, monkeypatch):
    """Call it, and whatever is drawn fails."""

    def draw(*_):
        raise AssertionError("drew")

    return lambda: monkeypatch.setattr(catalogue["plain"].generator, "run_checked", draw)


@pytest.mark.parametrize("path", PATHS)
def test_neither_304_nor_head_draws(client, blank, path):
    full = client.get(path)
    tag = full.headers["etag"]
    blank()
    known = client.get(path, headers={"If-None-Match": tag})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    of_bodies = {"content-length", "x-request-id"}
    assert {name for name in full.headers if head.headers.get(name) != full.headers[name]} <= of_bodies
    assert "content-length" not in head.headers  # nobody knows it yet


@pytest.mark.parametrize("path", PATHS)
def test_what_was_made_may_be_kept(catalogue, blank, path):
    with TestClient(create_app(catalogue, Settings(limits=Limits(cache_bytes=10**6)))) as client:
        first = client.get(path)
        blank()
        assert client.get(path).content == first.content
        assert client.get(first.headers["content-location"]).content == first.content
