"""OpenAI's way of asking for images, as far as it makes sense here: ``POST /v1/images/generations``."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from starlette.types import Receive

from ganzoo_serve import images
from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.errors import RequestError
from ganzoo_serve.generator import Generator
from ganzoo_serve.http.answers.layouts import Sheet
from ganzoo_serve.http.replies.reply import Reply, encode
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.address import pinned_path
from ganzoo_serve.http.requests.bodies import read_body
from ganzoo_serve.http.requests.keys import Signer
from ganzoo_serve.http.requests.members import Members, Truncation
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server, ask
from ganzoo_serve.http.waiting import drawn
from ganzoo_serve.images import FORMATS, Format
from ganzoo_serve.seeds import MAX_SEED

_FORMATS = [name for name in FORMATS if name != "npy"]
_CLASS = "class:"
SIGNED_S = 3600  # as long as OpenAI's own addresses hold
_HOST = re.compile(r"[A-Za-z0-9._-]{1,255}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?", re.ASCII)


class GenerationsRequest(Members):
    """As OpenAI has it, and ``seed``, ``class`` and ``truncation``. Image i has ``seed + i``."""

    model_config = ConfigDict(strict=True)

    model: Annotated[str | None, Field(max_length=200, description="May be left out where there is one only.")] = None
    prompt: Annotated[
        str | None,
        Field(description="Empty, 'class:3', or a class's name. Other text is refused if there are classes."),
    ] = None
    n: Annotated[int | None, Field(ge=1, description="1 if not said.")] = None
    size: Annotated[str | None, Field(max_length=40, description="'auto' or the model's own, WIDTHxHEIGHT.")] = None
    response_format: Annotated[Literal["b64_json", "url"] | None, Field(description="b64_json if not said.")] = None
    output_format: Annotated[str | None, Field(description=f"{', '.join(_FORMATS)}; png if not said.")] = None
    output_compression: Annotated[
        int | None, Field(ge=0, le=100, description="The quality of jpeg and webp in b64_json, 100 the best.")
    ] = None
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED, description="Random if not said.")] = None
    class_: Annotated[int | str | None, Field(alias="class", description="By id or name, instead of a prompt.")] = None
    truncation: Truncation = None
    # Nothing here could go by them.
    user: Annotated[str | None, Field(description="Not looked at.")] = None
    safety_identifier: Annotated[str | None, Field(description="Not looked at.")] = None
    quality: Annotated[str | None, Field(description="Not looked at.")] = None
    style: Annotated[str | None, Field(description="Not looked at.")] = None
    moderation: Annotated[str | None, Field(description="Not looked at.")] = None
    # Whoever asks for these counts on them.
    background: Annotated[Literal["auto", "opaque"] | None, Field(description="As the model draws it.")] = None
    stream: Annotated[Literal[False] | None, Field(description="There are no streams.")] = None
    partial_images: Annotated[Literal[0] | None, Field(description="There are none.")] = None


async def answer(server: Server, visit: Visit, receive: Receive) -> Reply:
    """The reply. Nothing is drawn for ``url``: who asks for the addresses gets what they show.

    Raises ServeErrors for what is refused, and ClientDisconnect.
    """
    body = await read_body(visit, receive, GenerationsRequest, limits=server.limits)
    asked = ask(server, visit, _model(server, body))
    generator = asked.model.generator
    warnings: list[str] = []
    label = _class(body, generator, warnings)
    size = _size(body, generator)
    form = _format(body)
    n = body.n or 1
    asking.check_count(n, server.limits, loc=("n",))
    asking.check_size(n, generator, server.limits)
    seeds = asking.row_of_seeds(body.seed, n)
    drawing = Drawing.of_seeds(generator, seeds, classes=label, truncation=body.truncation)
    sheet = Sheet(drawing, form, f"{pinned_path(visit, asked.model)}/images")

    if body.response_format == "url":
        data = [_addressed(sheet.entry(index), visit, server.signer) for index in range(n)]
    else:
        data = _entries(sheet, await drawn(server, visit, receive, drawing, form.encode))
    document: dict[str, Any] = {
        "created": int(time.time()),
        "data": data,
        "model": f"{asked.model.name}@{asked.model.rev}",
        "output_format": body.output_format or "png",
        "size": size,
    }
    if warnings:
        document["warnings"] = warnings
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return Reply(200, encode(headers), json.dumps(document).encode())


def _model(server: Server, body: GenerationsRequest) -> str:
    if body.model is not None:
        return body.model
    if len(server.models) > 1 and server.draws:
        raise RequestError(f"Which model? Expected one of {', '.join(server.models)}.", loc=("model",))
    return next(iter(server.models), "")


def _class(body: GenerationsRequest, generator: Generator, warnings: list[str]) -> int | None:
    """The class that was asked for, None if each seed decides."""
    asked = None if body.class_ is None else generator.resolve_class(body.class_, loc=("class",))
    prompt = (body.prompt or "").strip()
    if not prompt:
        return asked
    explicit = prompt.startswith(_CLASS)
    if generator.metadata.classes is None and not explicit:
        warnings.append(f"The prompt was ignored: model '{generator.name}' draws no words and has no classes.")
        return asked
    found = generator.resolve_class(prompt.removeprefix(_CLASS).strip(), loc=("prompt",))
    if asked not in (None, found):
        raise RequestError(f"The prompt is class {found}, 'class' is {asked}.", loc=("class",))
    return found


def _size(body: GenerationsRequest, generator: Generator) -> str:
    image = generator.metadata.image
    own = f"{image.width}x{image.height}"
    if body.size not in (None, "auto", own):
        raise RequestError(f"Model '{generator.name}' draws {own} only: expected that or 'auto'.", loc=("size",))
    return own


def _format(body: GenerationsRequest) -> Format:
    name = body.output_format or "png"
    form = asking.format_named(name, _FORMATS, loc=("output_format",))
    quality, loc = body.output_compression, ("output_compression",)
    if quality is None or (name == "png" and quality == 100):
        return form
    if body.response_format == "url":
        raise RequestError("An address has no compression: leave it out, or ask for b64_json.", loc=loc)
    if form.media_type == "image/jpeg":
        return Format(form.extension, form.media_type, partial(images.jpg, quality=quality), form.version)
    if name == "webp":
        return Format(form.extension, form.media_type, partial(images.webp, quality=quality), form.version)
    raise RequestError(f"Format {name} has no compression to choose: expected jpeg or webp.", loc=loc)


def _entries(sheet: Sheet, encoded: Sequence[bytes]) -> list[dict[str, Any]]:
    entries = []
    for index, data in enumerate(encoded):
        entry = sheet.entry(index)
        del entry["url"]  # theirs is one or the other
        entries.append({"b64_json": base64.b64encode(data).decode("ascii")} | entry)
    return entries


def _addressed(entry: dict[str, Any], visit: Visit, signer: Signer | None) -> dict[str, Any]:
    """An entry whose ``url`` can be opened from elsewhere, and for an hour without a key if it can be signed."""
    path, _, query = entry["url"].partition("?")
    if signer is not None:
        entry["url"] = signer.sign(path, query, expires=int(time.time()) + SIGNED_S)
    entry["url"] = _origin(visit) + entry["url"]
    return entry


def _origin(visit: Visit) -> str:
    """``http://HOST:PORT`` as the client knows it, or as the server does if the client says nothing sensible."""
    host = visit.field(b"host")
    if not _HOST.fullmatch(host):
        address, port = visit.scope.get("server") or ("127.0.0.1", None)
        host = (f"[{address}]" if ":" in address else address) + (f":{port}" if port else "")
    return f"{visit.scope.get('scheme', 'http')}://{host}"
