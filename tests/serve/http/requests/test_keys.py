import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from replies import refused
from starlette.testclient import TestClient

from ganzoo_serve.errors import BusyError, ServeError
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests.keys import OPEN, Allowance, Keys, Signer
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.sign import main as sign

IMAGE = "/v1/models/plain/images/5.png"


@pytest.fixture(scope="module")
def locked(model_dir):
    settings = Settings(keys=Keys(["first", "second"]), signer=Signer("secret"), admin=True)
    catalogue = Catalogue.load([model_dir], device="cpu")
    with TestClient(create_app(catalogue, settings)) as client:
        yield client


def paths(client, headers):
    for path, methods in client.get("/openapi.json", headers=headers).json()["paths"].items():
        filled = (
            path.replace("{model}", "plain")
            .replace("{seed}", "5")
            .replace("{extension}", "png")
            .replace("{ext}", "png")
        )
        for method in methods:
            yield method, re.sub(r"\{[^}]*\}", "1", filled)


def test_every_route_without_a_key_is_401_but_the_probes_and_the_pages(locked):
    bearer = {"Authorization": "Bearer first"}
    routes = [
        *paths(locked, bearer),
        ("get", "/"),
        ("get", "/docs"),
        ("get", "/docs/start.js"),
        ("get", "/openapi.json"),
    ]
    routes += [("head", IMAGE), ("get", "/nowhere"), ("delete", "/v1/models"), ("options", IMAGE), ("get", "/metrics")]
    assert len(routes) > 12
    for method, path in routes:
        response = locked.request(method, path)
        if path in OPEN:
            assert response.status_code == 200, path
            continue
        assert response.status_code == 401, (method, path)
        assert response.headers["www-authenticate"] == "Bearer"
        wrong = locked.request(method, path, headers={"Authorization": "Bearer third"})
        assert wrong.status_code == 401
        if method != "head":
            assert "A key is needed" in response.text
            assert "not a key of this server" in wrong.text
        assert locked.request(method, path, headers=bearer).status_code != 401, (method, path)
    # The walk led past these.
    assert locked.post("/admin/drain?on=false", headers=bearer).status_code == 200
    assert locked.post("/v2/repository/models/plain/load", headers=bearer).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": "Bearer second"}, {"Authorization": "bearer  second "}, {"X-API-Key": "first"}],
)
def test_a_key_may_come_in_two_headers_and_makes_replies_private(locked, headers):
    response = locked.get(IMAGE, headers=headers)
    assert response.status_code == 200
    assert response.headers["cache-control"].startswith("private, ")


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic first", "first", "Bearer firs", "Bearer first2"])
def test_what_is_no_key(locked, value):
    assert locked.get(IMAGE, headers={"Authorization": value}).status_code == 401


def test_a_signed_address_needs_no_key_until_it_expires(locked):
    address = Signer("secret").sign(
        "/v1/models/truncated/images/5.png", "truncation=0.5", expires=int(time.time()) + 60
    )
    response = locked.get(address)
    assert response.status_code == 200
    assert re.fullmatch("public, max-age=(5[0-9]|60)", response.headers["cache-control"])  # no longer than it holds
    direct = locked.get("/v1/models/truncated/images/5.png?truncation=0.5", headers={"X-API-Key": "first"})
    assert response.content == direct.content
    assert locked.head(address).status_code == 200
    assert locked.get(address, headers={"X-API-Key": "first"}).content == response.content
    for changed in (
        address.replace("5.png", "6.png"),
        address.replace("0.5", "0.6"),
        address + "&truncation=1",
        address[:-1],
    ):
        assert locked.get(changed).status_code == 403, changed
    assert locked.post(address.replace("images/5.png", "samples"), json={}).status_code == 401
    old = Signer("secret").sign(IMAGE, expires=int(time.time()) - 1)
    assert "has expired" in locked.get(old).json()["detail"]
    assert locked.get(Signer("other").sign(IMAGE, expires=2**40)).status_code == 403


def test_what_is_no_signature_is_not_taken_for_one(locked):
    """A member whose name ends so is unknown as any other, and open routes stay open."""
    refused(locked.get(f"{IMAGE}?xsig=0", headers={"X-API-Key": "first"}), 422, "xsig")
    refused(locked.get(f"{IMAGE}?xsig=0"), 401, "A key is needed")
    assert locked.get("/livez?sig=1").status_code == 200


@pytest.mark.parametrize("expires", ["9" * 5000, "\u0669\u0669\u0669", "-1", ""])
def test_an_expiry_that_is_no_time_has_expired(expires):
    from urllib.parse import urlencode

    signer = Signer("s")
    members = [("exp", expires)]
    query = urlencode([*members, ("sig", signer._signature("/a", members))])
    with pytest.raises(Problem, match="has expired"):
        signer.check("/a", query)


def test_nobody_is_told_to_come_back_in_a_hundred_years():
    keys = Keys(["a"], rate=1e-300)
    allowance = keys.find({b"x-api-key": b"a"})
    allowance.charge(1)
    with pytest.raises(Problem) as caught:
        allowance.charge(1)
    assert caught.value.headers["Retry-After"] == "86400"


def test_images_that_are_not_even_queued_cost_nothing(catalogue):
    settings = Settings(keys=Keys(["a"], rate=4))
    with TestClient(create_app(catalogue, settings)) as client:
        engine = client.app.server.engine
        begin = engine.submit
        engine.submit = lambda *_, **__: (_ for _ in ()).throw(BusyError("full", 1))
        for _ in range(10):
            refused(client.get(IMAGE, headers={"X-API-Key": "a"}), 429, "full")
            refused(client.post("/v1/models/plain/samples", json={"n": 4}, headers={"X-API-Key": "a"}), 429, "full")
        engine.submit = begin
        assert client.get(IMAGE, headers={"X-API-Key": "a"}).status_code == 200


@given(
    st.lists(st.tuples(st.sampled_from(["class", "truncation", "x"]), st.text(max_size=5)), max_size=3),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
)
def test_signatures_hold_whatever_the_query_and_no_longer_than_said(members, expires, now):
    from urllib.parse import urlencode

    signer = Signer("s", clock=lambda: now)
    address = signer.sign("/a", urlencode(members), expires=expires)
    path, _, query = address.partition("?")
    if expires >= now:
        assert signer.check(path, query) == (urlencode(members), expires - now)
    else:
        with pytest.raises(Problem, match="has expired"):
            signer.check(path, query)
    with pytest.raises(Problem, match="not as it was signed"):
        signer.check("/b", query)


def test_addresses_are_signed_on_the_command_line(monkeypatch):
    from click.testing import CliRunner

    monkeypatch.setenv("GANZOO_SIGNING_SECRET", "secret")
    done = CliRunner().invoke(sign, [IMAGE + "?class=1", "--for", "60"])
    path, _, query = done.output.strip().partition("?")
    assert Signer("secret").check(path, query)[0] == "class=1"
    assert "is no path" in CliRunner().invoke(sign, ["http://x/y"]).output
    monkeypatch.delenv("GANZOO_SIGNING_SECRET")
    assert "is not set" in CliRunner().invoke(sign, [IMAGE]).output


def test_an_allowance_fills_by_its_rate_up_to_its_burst_and_large_requests_leave_a_debt():
    allowance = Allowance(rate=10, burst=10)
    assert allowance.spend(10, now=0) == 0
    assert allowance.spend(1, now=0) == pytest.approx(0.1)
    assert allowance.spend(1, now=0.1) == 0
    assert allowance.spend(1, now=100) == 0
    assert allowance.spend(9, now=100) == 0  # no more than the burst was kept
    assert allowance.spend(50, now=101) == 0  # full again, so it passes
    assert allowance.spend(1, now=101) == pytest.approx(4.1)


def test_a_key_that_had_its_rate_is_told_when_to_come_back(catalogue):
    settings = Settings(keys=Keys(["greedy", "modest"], rate=4))
    with TestClient(create_app(catalogue, settings)) as client:
        greedy, modest = {"X-API-Key": "greedy"}, {"X-API-Key": "modest"}
        assert client.post("/v1/models/plain/samples", json={"n": 12}, headers=greedy).status_code == 200
        response = client.get(IMAGE, headers=greedy)
        assert response.status_code == 429
        assert "has had its 4 images a second" in response.json()["detail"]
        assert 1 <= int(response.headers["retry-after"]) <= 3
        assert client.get(IMAGE, headers=modest).status_code == 200
        tag = {"If-None-Match": client.get(IMAGE, headers=modest).headers["etag"]}
        assert client.get(IMAGE, headers=greedy | tag).status_code == 304  # what is not drawn is free


def test_operators_routes_are_there_only_if_asked_for_and_never_without_a_key(catalogue, client, locked):
    assert client.post("/admin/reload").status_code == 404
    with pytest.raises(ServeError, match="need a key"):
        create_app(catalogue, Settings(admin=True))
    key = {"X-API-Key": "first"}
    assert locked.post("/admin/reload", headers=key).json() == {"came": [], "went": [], "skipped": []}
    assert locked.post("/admin/drain", headers=key).json() == {"draining": True}
    assert locked.get("/readyz").status_code == 503
    refused = locked.get(IMAGE, headers=key)
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert locked.get("/livez").status_code == 200
    assert locked.post("/admin/drain?on=false", headers=key).json() == {"draining": False}
    assert locked.get(IMAGE, headers=key).status_code == 200


def test_pages_of_named_origins_may_ask_and_no_others(catalogue, client):
    preflight = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    assert "access-control-allow-origin" not in client.get(IMAGE, headers=preflight).headers
    settings = Settings(origins=["https://a.example"], keys=Keys(["k"]))
    with TestClient(create_app(catalogue, settings)) as open_to:
        assert open_to.options(IMAGE, headers=preflight).headers["access-control-allow-origin"] == "https://a.example"
        response = open_to.get(IMAGE, headers={"Origin": "https://a.example", "X-API-Key": "k"})
        assert response.headers["access-control-allow-origin"] == "https://a.example"
        assert "X-Ganzoo-Seed" in response.headers["access-control-expose-headers"]
        other = open_to.get(IMAGE, headers={"Origin": "https://b.example", "X-API-Key": "k"})
        assert "access-control-allow-origin" not in other.headers
