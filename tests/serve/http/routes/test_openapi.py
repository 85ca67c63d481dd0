"""What /openapi.json promises is what the server does, whatever it is sent."""

import functools
import json
import operator
import re
from collections import Counter

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from starlette.testclient import TestClient

from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.requests.keys import PROBES, Keys

CHECKS = [
    allow_header_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


def statuses_of(operation, *, examples):
    """Send what the document gives as examples, allows, and does not; hold each reply against it. How often which status came."""
    statuses = Counter()
    allowed = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

    @settings(max_examples=examples, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(case=st.one_of(*allowed, *operation.get_strategies_from_examples()))
    def holds(case):
        reply = case.call()
        statuses[reply.status_code] += 1
        in_no_time = reply.status_code == 504 and "Request-Timeout-Ms" in case.headers
        assert reply.status_code < 500 or in_no_time, (case.as_curl_command(), reply.text)
        case.validate_response(reply, checks=CHECKS)

    holds()
    return statuses


def with_names(document, catalogue):
    """The document with the names and revisions of models where they go: nobody would guess one."""
    names, revs = [*catalogue], [model.rev for model in catalogue.values()]
    here = {
        "model": [*names, *(f"{name}@{rev}" for name, rev in zip(names, revs, strict=True))],
        "version": revs,
    }
    for path, operation in ((path, found) for path, methods in document["paths"].items() for found in methods.values()):
        for parameter in operation.get("parameters", ()):
            if parameter["name"] in here:
                parameter["schema"]["enum"] = [*here[parameter["name"]]]
            if parameter["name"] == "model" and path.endswith("/infer"):
                parameter["schema"]["enum"] = [f"{name}.sample" for name in names]
            if (
                "{version}" in path and parameter["name"] in here
            ):  # of each only one: which belong together nobody would guess
                del parameter["schema"]["enum"][1:]
        for content in operation.get("requestBody", {}).get("content", {}).values():
            if "model" in content["schema"].get("properties", {}):
                content["schema"]["properties"]["model"] = {"enum": here["model"]}
                for example in content["examples"].values():
                    example["value"]["model"] = names[0]
    return document


def check(catalogue, *, examples):
    app = create_app(catalogue)
    described = schemathesis.openapi.from_dict(with_names(app.app.openapi(), catalogue))
    described.app = app
    operations = [found.ok() for found in described.get_all_operations()]
    assert len(operations) >= 10
    for operation in operations:
        statuses = statuses_of(operation, examples=examples)
        if operation.path.startswith(("/v1", "/v2/models")):
            assert statuses[200] + statuses[504], (operation.label, statuses)  # some of it was good


def test_what_it_refers_to_is_there(client):
    document = client.get("/openapi.json").json()
    references = set(re.findall(r'"\$ref": ?"#/([^"]+)"', json.dumps(document)))
    assert "components/schemas/Problem" in references
    for reference in references:
        functools.reduce(operator.getitem, reference.split("/"), document)
    assert "security" not in document


def test_every_route_has_a_title_of_one_sentence(client):
    for _ in range(2):
        paths = client.get("/openapi.json").json()["paths"]
        grid = paths["/v1/models/{model}/grid.{extension}"]["get"]
        assert grid["summary"] == "One picture of many seeds, row by row, edge to edge"
        assert grid["description"].startswith("Image i is the one that its own address shows.")
    titles = [operation["summary"] for methods in paths.values() for operation in methods.values()]
    assert all(titles)
    assert len(titles) > 20


def test_where_keys_go_is_said_where_they_are_needed(catalogue):
    with TestClient(create_app(catalogue, Settings(keys=Keys(["k"])))) as client:
        assert client.get("/docs").status_code == 200  # a browser has no key to open it with
        document = client.get("/openapi.json").json()
    assert document["security"] == [{"bearer": []}, {"header": []}]
    assert document["components"]["securitySchemes"]["header"]["name"] == "X-API-Key"
    open_to_all = {path for path, methods in document["paths"].items() if methods.get("get", {}).get("security") == []}
    assert open_to_all == PROBES


def test_every_route_answers_as_documented(catalogue):
    check(catalogue, examples=40)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_every_route_answers_as_documented_to_many_more(catalogue):
    check(catalogue, examples=2000)
