"""Errors as ``application/problem+json`` (RFC 9457), one shape for all of them but those of OpenAI's route.

The member ``error`` repeats ``detail``: it makes the body valid for Open Inference Protocol clients too.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.problem import Problem, from_error, from_findings
from ganzoo_serve.http.replies import openai
from ganzoo_serve.http.replies.reply import Framed, Reply, encode
from ganzoo_serve.http.requests.visit import Visit, visit_of

# As OpenAPI describes the body.
_TEXT = {"type": "string"}
_FINDING = {
    "type": "object",
    "required": ["loc", "msg"],
    "properties": {"loc": {"type": "array", "items": {"type": ["string", "integer"]}}, "msg": _TEXT},
}
_MEMBERS = {
    "type": _TEXT,
    "title": _TEXT,
    "status": {"type": "integer"},
    "detail": _TEXT,
    "instance": _TEXT,
    "error": _TEXT,
    "errors": {"type": "array", "items": _FINDING},
}
SCHEMA = {"type": "object", "required": [*_MEMBERS], "properties": _MEMBERS}


def reply(problem: Problem, visit: Visit, *, failure: str | None = None) -> Reply:
    """A problem as whoever asked expects it; its reason is noted for the count. ``failure`` is the id of a logged failure."""
    visit.reason = problem.reason
    if visit.place == openai.PATH:
        body, status = openai.document(str(problem), problem.status, problem.errors), openai.status(problem.status)
        return _reply(status, body, "application/json", problem.headers)
    detail = str(problem)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": detail,
        "instance": failure or visit.path,
        "error": detail,
        "errors": [{"loc": list(loc), "msg": msg} for loc, msg in problem.errors],
    }
    return _reply(problem.status, body, "application/problem+json", problem.headers)


def _reply(status: int, body: dict[str, Any], media_type: str, headers: Mapping[str, str] | None) -> Reply:
    # ASCII: a lone surrogate that came in through JSON has no UTF-8.
    content = json.dumps(body, ensure_ascii=True).encode()
    return Reply(status, encode({"Content-Type": media_type, "Cache-Control": "no-store", **(headers or {})}), content)


def install(app: FastAPI) -> None:
    """Make every refusal of this application a problem. What is no refusal is ``front``'s."""

    def answer(request: Request, problem: Problem) -> Response:
        return Framed(reply(problem, visit_of(request.scope)))

    @app.exception_handler(ServeError)
    async def refused(request: Request, error: ServeError) -> Response:
        problem = from_error(error, method=request.method)
        if problem is None:
            raise error
        return answer(request, problem)

    @app.exception_handler(RequestValidationError)
    async def wrong_shape(request: Request, error: RequestValidationError) -> Response:
        return answer(request, from_findings(error.errors()))

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> Response:
        detail, headers = error.detail, error.headers
        if error.status_code == 404:
            detail = "Nothing is here. See /docs for what is."
        elif error.status_code == 405:  # the framework names those of one route; a path may have several
            allowed = ", ".join(_methods(app, request.scope))
            detail, headers = f"{request.method} is not allowed here: expected {allowed}.", {"Allow": allowed}
        return answer(request, Problem(error.status_code, detail, headers=headers))


def _methods(app: FastAPI, scope: Scope) -> list[str]:
    """What may be done with the path that was asked for."""
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in app.routes)
    ]
