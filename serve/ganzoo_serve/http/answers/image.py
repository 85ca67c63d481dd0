"""The way of an address: from ``/v1/models/NAME/images/SEED.png`` to the image, in as few steps as there are.

Nothing is drawn for 304 and HEAD: what the address means is known before. This is the busiest route, so it reads the request
itself; the framework only has its description, for /openapi.json.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, NamedTuple

from pydantic import Field, ValidationError
from starlette.types import Receive

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.http.answers import once
from ganzoo_serve.http.problem import Problem, from_findings
from ganzoo_serve.http.replies import caching
from ganzoo_serve.http.replies.reply import Headers, Reply
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.address import parse_seed, pinned_path, query_members, query_string
from ganzoo_serve.http.requests.members import Members, Truncation
from ganzoo_serve.http.requests.negotiation import choose
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Asked, Server, ask
from ganzoo_serve.images import FORMATS, Format
from ganzoo_serve.models.model import Model

PATH = re.compile(r"/v1/models/([^/]+)/images/([^/]+)")
JSON = Format("json", "application/json", FORMATS["png"].encode, FORMATS["png"].version)
EXTENSIONS = {**FORMATS, "json": JSON}
# What a client may have without an extension, the first of equals.
_OFFERS = [(form.media_type, form) for form in map(FORMATS.get, ("png", "webp", "avif", "jpg")) if form is not None]


class ImageQuery(Members):
    """What may follow the question mark."""

    class_: Annotated[str | None, Field(alias="class", max_length=200, description="A class, by id or name.")] = None
    truncation: Truncation = None


_NO_QUERY = ImageQuery()


class Order(NamedTuple):
    """An image that has to be drawn: what it is called, how to begin, and the headers that its reply will have."""

    tag: str
    headers: Headers
    start: once.Start
    finish: Callable[[bytes], bytes]


def order(server: Server, visit: Visit, model: str, name: str) -> Order | Reply:
    """What image ``name`` (``SEED`` or ``SEED.EXTENSION``) of ``model`` (``NAME`` or ``NAME@REV``) takes; the reply if nothing.

    Raises ServeErrors for what is refused.
    """
    asked = ask(server, visit, model)
    seed, form = _name(name, visit)
    query = _query(visit.query)
    drawing = Drawing.of_seeds(asked.model.generator, [seed], classes=query.class_, truncation=query.truncation)
    tag = caching.etag(
        asked.model, ("image", seed, drawing.class_of(0), drawing.truncation), form.media_type, form.version
    )
    headers = _headers(visit, asked, drawing, form, tag, negotiated="." not in name)
    reply = once.answered(server, visit, headers, tag, form.media_type)
    if reply is not None:
        return reply
    return Order(
        tag,
        headers,
        lambda seconds: server.engine.submit(drawing, form.encode, timeout_s=seconds),
        partial(_document, visit, asked.model, drawing) if form is JSON else bytes,
    )


async def answer(server: Server, visit: Visit, receive: Receive, model: str, name: str) -> Reply:
    """The reply for an image, see ``order``. Raises ClientDisconnect if the client leaves before it is there."""
    found = order(server, visit, model, name)
    if isinstance(found, Reply):
        return found
    body = await once.body(server, visit, receive, found.tag, 1, found.start)
    return Reply(200, found.headers, found.finish(body))


def _name(name: str, visit: Visit) -> tuple[int, Format]:
    text, dot, extension = name.rpartition(".")
    if dot:
        form = EXTENSIONS.get(extension)
        if form is None:
            raise asking.no_format(extension, EXTENSIONS)
        return parse_seed(text), form
    seed, form = parse_seed(name), choose(visit.field(b"accept"), _OFFERS)
    if form is None:
        raise Problem(406, f"None of what you accept is here: {', '.join(media_type for media_type, _ in _OFFERS)}.")
    return seed, form


def _query(text: bytes) -> ImageQuery:
    if not text:
        return _NO_QUERY
    try:
        return ImageQuery.model_validate(query_members(text))
    except ValidationError as error:
        raise from_findings(error.errors(include_input=False), inside=("query",)) from error


def _headers(visit: Visit, asked: Asked, drawing: Drawing, form: Format, tag: str, *, negotiated: bool) -> Headers:
    seed, label = drawing.seeds[0] if drawing.seeds else 0, drawing.class_of(0)
    headers = once.headers(visit, asked, tag)
    headers.append((b"x-ganzoo-seed", b"%d" % seed))
    if label is not None:
        headers.append((b"x-ganzoo-class", b"%d" % label))
    if negotiated:
        headers.append((b"vary", b"Accept"))
    if negotiated or not asked.pinned:
        address = f"{pinned_path(visit, asked.model)}/images/{seed}.{form.extension}{query_string(drawing)}"
        headers.append((b"content-location", address.encode()))
    return headers


def _document(visit: Visit, model: Model, drawing: Drawing, png: bytes) -> bytes:
    seed = (drawing.seeds or (0,))[0]
    document = {
        "model": model.name,
        "rev": model.rev,
        "seed": seed,
        "class": drawing.class_of(0),
        "truncation": drawing.truncation,
        "url": f"{pinned_path(visit, model)}/images/{seed}.png{query_string(drawing)}",
        "media_type": FORMATS["png"].media_type,
        "b64": base64.b64encode(png).decode("ascii"),
    }
    return json.dumps(document).encode()
