"""The front page: its files, and what it does in a real browser."""

import re
import shutil
import socket
import threading
from contextlib import contextmanager

import pytest
import uvicorn
from browser import EXECUTABLE, open_page
from starlette.testclient import TestClient

from ganzoo_serve.http import page as page_files
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.requests.keys import Keys
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.seeds import MAX_SEED

needs_browser = pytest.mark.skipif(EXECUTABLE is None, reason="no Chromium here")
NATURAL = "document.querySelector('{}')?.naturalWidth"


def test_its_files_are_kept_and_asked_for_again(client):
    for path in sorted(page_files.OPEN - {"/"}):
        response = client.get(path)
        kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}[path.rpartition(".")[2]]
        assert response.headers["content-type"].partition(";")[0] == kind
        assert response.headers["cache-control"] == "no-cache"
        tag = response.headers["etag"]
        assert client.get(path, headers={"If-None-Match": tag}).status_code == 304
        assert client.head(path).headers["etag"] == tag
    for name in ("none.js", "__init__.py", "index.html", "..%2Fapp.py"):
        assert client.get(f"/page/{name}").status_code == 404


def test_its_policy_lets_nothing_in_but_its_own(client):
    response = client.get("/")
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert {part.split()[1] for part in policy.split(";")} <= {"'none'", "'self'"}
    assert not re.search(r"<style|style=|<script[^>]*>[^<]|\son\w+=", response.text)


def test_who_has_no_key_sees_the_page_and_no_models(catalogue):
    with TestClient(create_app(catalogue, Settings(keys=Keys(["secret"])))) as client:
        page = client.get("/")
        assert page.status_code == 200
        assert not [name for name in catalogue if name in page.text]
        assert all(name in client.get("/", headers={"X-API-Key": "secret"}).text for name in catalogue)
        assert client.get("/page/play.js").status_code == 200
        for path in ("/v1/models", "/page/none.js", "/v1/models/plain/grid.png?seeds=1"):
            assert client.get(path).status_code == 401


@contextmanager
def listening(app):
    """The address at which an application is served meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(app, log_config=None, ws="none", lifespan="on", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{bound.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def url(catalogue):
    with listening(create_app(catalogue)) as url:
        yield url


@pytest.fixture(scope="module")
def tab(tmp_path_factory):
    with open_page(tmp_path_factory.mktemp("profile")) as tab:
        yield tab


def play(tab, url):
    tab.open(url)
    tab.wait("!document.querySelector('#play').hidden")
    tab.wait(f"{NATURAL.format('#image')} > 0")


def choose(tab, element, value, event="change"):
    tab.run(
        f"(e => {{ e.value = {value!r}; e.dispatchEvent(new Event({event!r}, {{bubbles: true}})) }})"
        f"(document.querySelector({element!r}))"
    )


def address(tab):
    return tab.run("document.querySelector('#address').value")


@needs_browser
def test_it_shows_what_is_chosen_at_an_address_that_can_be_copied(tab, url, classy, truncated):
    play(tab, f"{url}/")
    assert tab.run("[...document.querySelector('#model').options].map(o => o.value)") == [
        "classy",
        "floaty",
        "plain",
        "truncated",
    ]
    base = f"{url}/v1/models/classy@{classy.rev}/images"
    assert address(tab) == f"{base}/0.png"
    assert tab.run("document.querySelector('#truncation-row').hidden")
    choose(tab, "#class", "3")
    choose(tab, "#seed", "41")
    tab.run("document.querySelector('#next').click()")
    assert address(tab) == f"{base}/42.png?class=3"
    assert tab.run("document.querySelector('#image').alt") == "classy, seed 42, class größe"
    tab.wait(f"document.querySelector('#image').src == {address(tab)!r} && {NATURAL.format('#image')} == 8")
    choose(tab, "#model", "truncated")
    assert tab.run("document.querySelector('#class-row').hidden")
    choose(tab, "#truncation", "0.3", "input")
    assert address(tab) == f"{url}/v1/models/truncated@{truncated.rev}/images/42.png?truncation=0.3"
    files = tab.run("[...document.querySelectorAll('#downloads a')].map(a => [a.download, a.href])")
    assert ["truncated-42.npy", address(tab).replace(".png", ".npy")] in files
    assert tab.run(f"fetch({address(tab)!r}).then(r => r.status)") == 200
    assert not tab.complaints
    assert {request.startswith((url, "about:")) for request in tab.requested} == {True}


@needs_browser
def test_the_caption_says_the_class_that_a_seed_got(tab, url, classy):
    play(tab, f"{url}/#model=classy&seed=0")
    for _ in range(5):
        seed = tab.run("document.querySelector('#seed').value")
        name = classy.metadata.classes[classy.labels([int(seed)])[0]]
        tab.wait(f"document.querySelector('#caption').textContent == 'classy, seed {seed}, class {name}'")
        tab.press("ArrowRight")
    choose(tab, "#model", "plain")
    tab.wait(f"{NATURAL.format('#image')} == 8")
    assert tab.run("document.querySelector('#caption').textContent") == "plain, seed 5"
    assert not tab.complaints


@needs_browser
def test_it_says_whether_models_are_being_loaded_or_there_is_none(tab, model_dir, tmp_path):
    shutil.copy(model_dir / "plain.onnx", tmp_path)
    catalogue = Catalogue.load([tmp_path], device="cpu")
    (tmp_path / "plain.onnx").unlink()
    catalogue.refresh(settled=False)
    app = create_app(catalogue, started=lambda _: None)  # looks, finds nothing, and goes on as if it looked still
    with listening(app) as url:
        tab.open(f"{url}/")
        tab.wait("document.querySelector('#status').textContent == 'This server is loading its models.'")
        app.server.loading = False
        tab.wait("document.querySelector('#status').textContent == 'There is no model here.'")
        shutil.copy(model_dir / "plain.onnx", tmp_path)
        catalogue.refresh(settled=False)
        tab.wait(f"!document.querySelector('#play').hidden && {NATURAL.format('#image')} == 8")


@needs_browser
def test_the_keys_walk_through_the_neighbours(tab, url):
    play(tab, f"{url}/#model=plain&seed=30")
    tab.wait("document.querySelectorAll('#wall img').length == 24")
    tab.wait("[...document.querySelectorAll('#wall img')].every(img => img.naturalWidth == 8)")
    seeds = tab.run("[...document.querySelectorAll('#wall button')].map(b => Number(b.dataset.seed))")
    assert seeds == list(range(24, 48))
    for key, seed in (("ArrowRight", 31), ("ArrowDown", 37), ("ArrowLeft", 36), ("ArrowUp", 30), ("ArrowUp", 24)):
        tab.press(key)
        assert address(tab).endswith(f"/{seed}.png")
        assert tab.run("document.querySelector('#wall [aria-current]').dataset.seed") == str(seed)
    tab.press("ArrowLeft")  # onto the page before
    tab.wait("document.querySelector('#wall [aria-current]')?.dataset.seed == '23'")
    tab.run("document.querySelector('#wall button').click()")
    assert address(tab).endswith("/0.png")
    tab.press("ArrowLeft")
    assert address(tab).endswith("/0.png")
    tab.run("document.querySelector('#seed').focus()")
    tab.press("ArrowRight")  # belongs to the field
    assert address(tab).endswith("/0.png")
    choose(tab, "#seed", str(MAX_SEED))
    tab.run("document.querySelector('#seed').blur()")
    tab.press("ArrowRight")
    assert address(tab).endswith(f"/{MAX_SEED}.png")
    tab.wait(f"document.querySelector('#wall [aria-current]')?.dataset.seed == '{MAX_SEED}'")
    choose(tab, "#seed", "-5")  # is none
    assert address(tab).endswith(f"/{MAX_SEED}.png")
    assert not tab.complaints


@needs_browser
def test_a_film_leads_from_seed_to_seed(tab, url, classy):
    play(tab, f"{url}/#model=classy&seed=1&class=2&to=9&steps=5")
    assert tab.run("document.querySelector('#film-figure').hidden")
    tab.run("document.querySelector('#way').requestSubmit()")
    tab.wait(f"{NATURAL.format('#film')} == 8")
    way = f"{url}/v1/models/classy@{classy.rev}/interpolate"
    assert tab.run("document.querySelector('#film').src") == f"{way}.webp?from=1&to=9&steps=5&class=2"
    assert tab.run("[...document.querySelectorAll('#film-links a')].map(a => a.download)") == [
        "classy-1-9.webp",
        "classy-1-9.gif",
        "classy-1-9.png",
    ]
    tab.press("r")  # another seed, another way
    assert tab.run("document.querySelector('#film-figure').hidden")
    assert not tab.complaints


@needs_browser
def test_its_own_address_brings_back_what_was_chosen(tab, url):
    play(tab, f"{url}/")
    choose(tab, "#model", "classy")
    choose(tab, "#class", "1")
    choose(tab, "#seed", "77")
    kept, shown = tab.run("location.href"), address(tab)
    play(tab, kept)
    assert address(tab) == shown
    for nonsense in ("#model=none&seed=-1&class=map&truncation=x&steps=0", "#model=classy&class=99&to=1e9&steps=1e9"):
        play(tab, f"{url}/{nonsense}")
        assert address(tab).endswith("/0.png")
    assert not tab.complaints


@needs_browser
def test_a_key_is_asked_for_once_and_goes_where_the_session_ends(tab, catalogue):
    settings = Settings(keys=Keys(["right"]))
    with listening(create_app(catalogue, settings)) as url:
        tab.open(f"{url}/#model=plain&seed=5")
        tab.wait("!document.querySelector('#gate').hidden")
        for key in ("wrong", "right"):
            choose(tab, "#key", key)
            tab.run("document.querySelector('#gate').requestSubmit()")
            if key == "wrong":
                tab.wait("document.querySelector('#status').textContent.includes('not a key')")
        tab.wait(f"!document.querySelector('#play').hidden && {NATURAL.format('#image')} == 8")
        tab.wait("[...document.querySelectorAll('#wall img')].filter(img => img.naturalWidth == 8).length == 24")
        assert tab.run("document.querySelector('#gate').hidden")
        assert tab.run("document.querySelector('#image').src").startswith("blob:")
        tab.run("document.querySelector('#way').requestSubmit()")
        tab.wait(f"{NATURAL.format('#film')} == 8")
        assert tab.run("[localStorage.length, document.cookie, location.href.includes('right')]") == [0, "", False]
        assert not [request for request in tab.requested if "right" in request]
        tab.send("Page.reload")
        tab.wait(f"!document.querySelector('#play')?.hidden && {NATURAL.format('#image')} == 8")
        refusals = [complaint for complaint in tab.complaints if "401" not in complaint]
        assert not refusals


@needs_browser
def test_it_works_below_a_proxys_prefix(tab, catalogue):
    app = create_app(catalogue)

    async def prefixed(scope, receive, send):
        if scope["type"] == "http":
            assert scope["path"].startswith("/zoo/"), scope["path"]
            scope = {**scope, "root_path": "/zoo"}
        await app(scope, receive, send)

    with listening(prefixed) as url:
        play(tab, f"{url}/zoo/#model=plain&seed=3")
        assert address(tab).startswith(f"{url}/zoo/v1/models/plain@")
        tab.wait("[...document.querySelectorAll('#wall img')].filter(img => img.naturalWidth == 8).length == 24")
        assert all(request.startswith((f"{url}/zoo/", "about:")) for request in tab.requested)
        assert not tab.complaints


@needs_browser
def test_a_refusal_is_told(tab, url):
    play(tab, f"{url}/#model=plain")
    tab.send("Network.setBlockedURLs", urls=["*/images/123.*"])
    choose(tab, "#seed", "123")
    tab.wait("document.querySelector('#status').textContent == 'The server does not answer.'")
    tab.send("Network.setBlockedURLs", urls=[])
    choose(tab, "#seed", "124")
    tab.wait("document.querySelector('#status').textContent == ''")


@needs_browser
def test_without_javascript_the_models_are_shown(tab, url):
    tab.send("Emulation.setScriptExecutionDisabled", value=True)
    try:
        tab.open(f"{url}/")
        # The protocol's own scripts still run.
        assert tab.run("getComputedStyle(document.querySelector('#play')).display") == "none"
        tab.wait("[...document.querySelectorAll('#models img')].filter(img => img.naturalWidth > 0).length >= 8")
        assert tab.run("document.querySelectorAll('#models h2').length") == 4
    finally:
        tab.send("Emulation.setScriptExecutionDisabled", value=False)


@needs_browser
@pytest.mark.parametrize("width", [320, 1200])
def test_nothing_sticks_out(tab, url, width):
    tab.send("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    try:
        play(tab, f"{url}/#model=classy&class=1&seed={MAX_SEED}&to={MAX_SEED}")
        tab.run("document.querySelector('#way').requestSubmit()")
        assert tab.run("document.documentElement.scrollWidth") <= width
    finally:
        tab.send("Emulation.clearDeviceMetricsOverride")
