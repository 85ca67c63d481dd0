"""Reading a JSON body from a stranger."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Receive

from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.problem import Problem, from_findings
from ganzoo_serve.http.requests.visit import Visit

M = TypeVar("M", bound=BaseModel)

_BODY_S = 30.0


async def read_body(visit: Visit, receive: Receive, kind: type[M], *, limits: Limits) -> M:
    """The body as a ``kind``. Raises Problem 415 (not JSON by its type), 413 (over ``limits.body_bytes``), 400 or 422."""
    media_type = visit.field(b"content-type").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise Problem(415, f"Content-Type is '{media_type[:80]}': expected application/json.")
    document = parse(await read_bytes(visit, receive, limits.body_bytes), depth=limits.json_depth)
    return validate(document, kind)


def parse(data: bytes, *, depth: int) -> Any:
    """A JSON document. Raises Problem 400 if it is none, or nested more than ``depth`` deep."""
    try:
        # UTF-8 by RFC 8259; left to itself, json would guess.
        document = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant)
    except RecursionError as error:
        raise Problem(400, "The body is nested too deeply.") from error
    except ValueError as error:
        raise Problem(400, f"The body is not JSON: {str(error)[:200]}.") from error
    if _deeper(document, depth):
        raise Problem(400, f"The body is nested too deeply: expected at most {depth} levels.")
    return document


def validate(document: Any, kind: type[M], *, status: int = 422) -> M:
    """A document as a ``kind``. Raises Problem ``status`` with what is wrong with it."""
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        raise from_findings(found, inside=("body",), status=status) from error


async def read_bytes(visit: Visit, receive: Receive, limit: int) -> bytes:
    """The body, counted as it comes: a chunked one has no length to believe.

    Raises Problem 413 and 408, ClientDisconnect.
    """
    too_large = Problem(413, f"The body is too large: expected at most {limit} bytes.")
    declared = visit.field(b"content-length") or "0"
    if not declared.isdecimal() or int(declared[:20]) > limit:
        raise too_large
    parts, size, more = [], 0, True
    try:
        async with asyncio.timeout(_BODY_S):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > limit:
                    raise too_large
                more = message.get("more_body", False)
    except TimeoutError as error:
        raise Problem(408, f"The body did not come within {_BODY_S:g} s.", headers={"Connection": "close"}) from error
    return b"".join(parts)


def schema(kind: type[BaseModel], **examples: Any) -> dict[str, Any]:
    """What OpenAPI says about such a body."""
    whole = kind.model_json_schema()
    parts = whole.pop("$defs", {})
    content = {"schema": _inlined(whole, parts), "examples": {name: {"value": body} for name, body in examples.items()}}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def _deeper(document: Any, depth: int) -> bool:
    """Whether lists and objects are nested more than ``depth`` deep. Level by level: no recursion to run out of."""
    nests = [document] if isinstance(document, dict | list) else []
    for _ in range(depth):
        if not nests:
            return False
        inside = (nest.values() if isinstance(nest, dict) else nest for nest in nests)
        nests = [inner for nest in inside for inner in nest if isinstance(inner, dict | list)]
    return bool(nests)


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    """A schema without references, which in the middle of OpenAPI's document would point to nothing."""
    if isinstance(schema, list):
        return [_inlined(inner, parts) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _inlined(parts[schema["$ref"].removeprefix("#/$defs/")], parts)
    return {name: _inlined(inner, parts) for name, inner in schema.items()}


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
