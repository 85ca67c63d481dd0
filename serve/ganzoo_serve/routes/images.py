"""Every image a model can make has an address.

What the address means is known before anything is drawn, so 304 and HEAD cost no inference.
"""

import hashlib
import json
import re
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from ganzoo_serve.drawing import Drawing
from ganzoo_serve.errors import RequestError
from ganzoo_serve.generator import Generator
from ganzoo_serve.images import FORMATS, Format
from ganzoo_serve.problems import Problem
from ganzoo_serve.routes.common import Asked, AskedModel, ServerState, pinned_path
from ganzoo_serve.seeds import LATENT_SCHEME, MAX_SEED

router = APIRouter(tags=["images"])

_YEAR_S = 31_536_000


class ImageQuery(BaseModel):
    """What may follow the question mark."""

    # A misspelt parameter would quietly show another image.
    model_config = ConfigDict(extra="forbid")

    class_: Annotated[str | None, Field(alias="class", max_length=200, description="A class, by id or name.")] = None
    truncation: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False, description="1 is off.")] = None


@router.get(
    "/v1/models/{model}/images/{seed}.{extension}",
    response_class=Response,
    responses={
        200: {"content": {form.media_type: {} for form in FORMATS.values()}, "description": "The image."},
        304: {"description": "You have it already."},
    },
)
@router.head("/v1/models/{model}/images/{seed}.{extension}", include_in_schema=False)
async def get_image(
    request: Request,
    state: ServerState,
    asked: AskedModel,
    seed: Annotated[str, Path(description="0 ... 2**53 - 1")],
    extension: Annotated[str, Path(description=", ".join(FORMATS))],
    query: Annotated[ImageQuery, Query()],
) -> Response:
    """One image. The same address always shows the same pixels; with ``@rev`` it may be cached for ever."""
    form = find_format(extension)
    generator = asked.generator
    drawing = Drawing.ask(generator, [parse_seed(seed)], classes=query.class_, truncation=query.truncation)
    headers = _headers(request, asked, drawing, form)
    if _has(request.headers.get("if-none-match", ""), headers["ETag"]):
        return _without_body(304, headers)
    if request.method == "HEAD":
        return _without_body(200, {**headers, "Content-Type": form.media_type})
    async with state.room.deadline():
        (body,) = await state.room.draw(generator, drawing, form.encode)
    return Response(body, media_type=form.media_type, headers=headers)


def parse_seed(text: str) -> int:
    """A seed as a URL has it: no sign, no leading zero, so that an image has one address. Raises RequestError."""
    if not re.fullmatch(r"0|[1-9][0-9]{0,15}", text) or int(text) > MAX_SEED:
        raise RequestError(f"'{text[:40]}' is not a seed: expected 0 ... {MAX_SEED}.", loc=("path", "seed"))
    return int(text)


def find_format(extension: str) -> Format:
    """The encoder for an extension. Raises Problem 406, naming those there are."""
    form = FORMATS.get(extension)
    if form is None:
        raise Problem(406, f"There is no format '{extension[:40]}': expected one of {', '.join(FORMATS)}.")
    return form


def query_string(drawing: Drawing) -> str:
    """The canonical query of a drawing's one image, with its question mark if there is any."""
    parts = [] if drawing.classes is None else [f"class={drawing.classes[0]}"]
    if drawing.truncation is not None and drawing.truncation != 1.0:
        # The fewest digits that give back the same float32.
        parts.append(f"truncation={np.float32(drawing.truncation)}")
    return f"?{'&'.join(parts)}" if parts else ""


def _headers(request: Request, asked: Asked, drawing: Drawing, form: Format) -> dict[str, str]:
    generator = asked.generator
    headers = {"ETag": _etag(generator, drawing, form), "X-Ganzoo-Seed": str(drawing.seeds[0])}
    if drawing.classes is not None:
        headers["X-Ganzoo-Class"] = str(drawing.classes[0])
    if asked.pinned:
        headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"
    else:
        # Another file may take this name tomorrow.
        headers["Cache-Control"] = "public, max-age=60, stale-while-revalidate=600"
        path = f"{pinned_path(request, generator)}/images/{drawing.seeds[0]}.{form.extension}"
        headers["Content-Location"] = path + query_string(drawing)
    return headers


def _etag(generator: Generator, drawing: Drawing, form: Format) -> str:
    """A name for the bytes, from everything they depend on."""
    canonical = [
        generator.sha256,
        LATENT_SCHEME,
        generator.runtime,
        generator.batch_size,
        drawing.seeds,
        drawing.classes,
        drawing.truncation,
        form.media_type,
        form.version,
    ]
    digest = hashlib.sha256(json.dumps(canonical).encode()).hexdigest()[:32]
    # On a GPU the same picture may differ in a last bit from one run to the next, so there the tag is a weak one.
    return f'"{digest}"' if generator.device == "cpu" else f'W/"{digest}"'


def _has(if_none_match: str, etag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    tags = re.findall(r'"[^"]*"', if_none_match)
    return if_none_match.strip() == "*" or etag.removeprefix("W/") in tags


def _without_body(status: int, headers: dict[str, str]) -> Response:
    response = Response(status_code=status, headers=headers)
    # Starlette would say 0, which is not the length of what GET sends.
    del response.headers["content-length"]
    return response
