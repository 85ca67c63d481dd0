"""Reading a JSON body from a stranger."""

import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from ganzoo_serve.problems import Problem, findings, summary

M = TypeVar("M", bound=BaseModel)


async def read_body(request: Request, kind: type[M], *, limit: int) -> M:
    """The body as a ``kind``. Raises Problem 415 (not JSON by its type), 413 (over ``limit`` bytes), 400 or 422."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Problem(415, f"Content-Type is '{media_type[:80]}': expected application/json.")
    try:
        # UTF-8 by RFC 8259; left to itself, json would guess.
        document = json.loads((await _read(request, limit)).decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Problem(400, "The body is nested too deeply.") from error
    except ValueError as error:
        raise Problem(400, f"The body is not JSON: {str(error)[:200]}.") from error
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        found = [(("body", *loc), msg) for loc, msg in findings(error.errors(include_input=False, include_url=False))]
        raise Problem(422, summary(found), errors=found) from error


async def _read(request: Request, limit: int) -> bytes:
    """The bytes, counted as they come: a chunked body has no length to believe."""
    too_large = Problem(413, f"The body is too large: expected at most {limit} bytes.")
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared[:20]) > limit:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise too_large
    return bytes(body)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def schema(kind: type[BaseModel]) -> dict[str, Any]:
    """What OpenAPI says about such a body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": kind.model_json_schema()}}}}
