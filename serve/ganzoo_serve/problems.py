"""Errors as ``application/problem+json`` (RFC 9457), one shape for all of them.

The member ``error`` repeats ``detail``: it makes the body valid for Open Inference Protocol clients too.
"""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ganzoo_serve.errors import RequestError, ServeError

Loc = Sequence[str | int]


class Problem(ServeError):
    """A refusal with its HTTP status; ``errors`` are (loc, message) pairs, ``headers`` go into the reply."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[tuple[Loc, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.errors, self.headers = status, errors, headers


def problem_response(
    status: int,
    detail: str,
    *,
    instance: str,
    errors: Sequence[tuple[Loc, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The reply. ``instance`` is the path that was asked for, or the id of a logged failure."""
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "error": detail,
        "errors": [{"loc": list(loc), "msg": msg} for loc, msg in errors],
    }
    # ASCII: a lone surrogate that came in through JSON has no UTF-8.
    content = json.dumps(body, ensure_ascii=True)
    return Response(
        content, status, media_type="application/problem+json", headers={"Cache-Control": "no-store", **(headers or {})}
    )


def install(app: FastAPI) -> None:
    """Make every refusal of this application a problem. What is no refusal is ``guard``'s."""

    @app.exception_handler(Problem)
    async def refused(request: Request, problem: Problem) -> Response:
        return problem_response(
            problem.status,
            str(problem),
            instance=request.url.path,
            errors=problem.errors,
            headers=problem.headers,
        )

    @app.exception_handler(RequestError)
    async def wrong_value(request: Request, error: RequestError) -> Response:
        inside = () if error.loc[:1] in (("path",), ("body",)) else ("body" if request.method == "POST" else "query",)
        found = [((*inside, *error.loc), str(error))]
        return problem_response(422, str(error), instance=request.url.path, errors=found)

    @app.exception_handler(RequestValidationError)
    async def wrong_shape(request: Request, error: RequestValidationError) -> Response:
        found = findings(error.errors())
        return problem_response(422, summary(found), instance=request.url.path, errors=found)

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: HTTPException) -> Response:
        details = {404: "Nothing is here. See /docs for what is.", 405: f"{request.method} is not allowed here."}
        detail = details.get(error.status_code, error.detail)
        return problem_response(error.status_code, detail, instance=request.url.path, headers=error.headers)


def findings(errors: Sequence[Any]) -> list[tuple[Loc, str]]:
    """pydantic's findings without the input they quote, which may be huge."""
    return [(finding["loc"], finding["msg"]) for finding in errors[:20]]


def summary(found: Sequence[tuple[Loc, str]]) -> str:
    """One sentence a person can act on."""
    return "; ".join(f"{'.'.join(map(str, loc))}: {msg}" for loc, msg in found[:3])
