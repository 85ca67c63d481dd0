"""Many images at once: as JSON, as one grid, or as arrays."""

import base64
import io
import secrets
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from ganzoo_serve.drawing import Drawing
from ganzoo_serve.errors import RequestError, did_you_mean
from ganzoo_serve.generator import Generator, Images
from ganzoo_serve.images import FORMATS, Format, grid, square_columns
from ganzoo_serve.limits import Limits
from ganzoo_serve.routes import bodies
from ganzoo_serve.routes.common import AskedModel, ServerState, pinned_path
from ganzoo_serve.routes.images import query_string
from ganzoo_serve.seeds import MAX_SEED

router = APIRouter(tags=["images"])


class SamplesRequest(BaseModel):
    """Which images, and how to send them: ``seeds``, or ``n`` from ``seed`` on (a random one if it is left out)."""

    model_config = ConfigDict(extra="forbid", strict=True)

    n: Annotated[int | None, Field(ge=1, description="How many; 1 if not said.")] = None
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED, description="The first of n seeds in a row.")] = None
    seeds: Annotated[list[int] | None, Field(min_length=1, description="One image each.")] = None
    classes: Annotated[
        int | str | list[int | str] | None, Field(description="One class for all or one per image, by id or name.")
    ] = None
    truncation: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False, description="1 is off.")] = None
    layout: Annotated[Literal["json", "grid", "npz"], Field(description="How several images are one reply.")] = "json"
    format: Annotated[str | None, Field(description=f"{', '.join(FORMATS)}; png if not said.")] = None
    columns: Annotated[int | None, Field(ge=1, description="Of a grid; nearly square if not said.")] = None


@router.post(
    "/v1/models/{model}/samples",
    response_class=Response,
    responses={200: {"description": "The images.", "content": {"application/json": {}, "image/png": {}}}},
    openapi_extra=bodies.schema(SamplesRequest),
)
async def post_samples(request: Request, state: ServerState, asked: AskedModel) -> Response:
    """Draw many images. Image i has seed ``seeds[i]`` or ``seed + i``, and the pixels its own address shows."""
    async with state.room.deadline():
        body = await bodies.read_body(request, SamplesRequest, limit=state.limits.body_bytes)
        generator = asked.generator
        seeds = _seeds(body, state.limits)
        _check_size(len(seeds), generator, state.limits)
        form = _format(body)
        columns = _columns(body, generator, len(seeds), state.limits)
        drawing = Drawing.ask(generator, seeds, classes=body.classes, truncation=body.truncation)

        # Encoding and assembling take as long as drawing may: neither belongs on the event loop.
        if body.layout == "json":
            encoded = await state.room.draw(generator, drawing, lambda image: base64.b64encode(form.encode(image)))
            base = f"{pinned_path(request, generator)}/images"
            response = await state.room.work(generator, _json, generator, drawing, form, encoded, base)
        else:
            images = await state.room.draw(generator, drawing, lambda image: image)
            if body.layout == "grid":
                response = await state.room.work(generator, _grid, form, images, columns)
            else:
                response = await state.room.work(generator, _npz, drawing, images)
    response.headers["Cache-Control"] = "no-store"
    first, last = drawing.seeds[0], drawing.seeds[-1]
    if drawing.seeds == tuple(range(first, last + 1)):  # any others the client has just told us
        response.headers["X-Ganzoo-Seed"] = str(first) if first == last else f"{first}-{last}"
    return response


def _seeds(body: SamplesRequest, limits: Limits) -> list[int]:
    if body.seeds is not None:
        for name in ("n", "seed"):
            if getattr(body, name) is not None:
                raise RequestError(f"Expected 'seeds' or '{name}', not both.", loc=("body", name))
        _check_count(len(body.seeds), limits, field="seeds")
        return body.seeds
    n = body.n or 1
    _check_count(n, limits, field="n")
    if body.seed is None:
        first = secrets.randbelow(MAX_SEED - n + 2)
    elif body.seed + n - 1 > MAX_SEED:
        raise RequestError(f"seed + n - 1 is over {MAX_SEED}, the last seed.", loc=("body", "seed"))
    else:
        first = body.seed
    return list(range(first, first + n))


def _check_count(n: int, limits: Limits, *, field: str) -> None:
    if n > limits.samples:
        raise RequestError(f"More than {limits.samples} images: expected 1 ... {limits.samples}.", loc=("body", field))


def _check_size(n: int, generator: Generator, limits: Limits) -> None:
    image = generator.metadata.image
    most = limits.reply_bytes // (image.height * image.width * image.channels)
    if n > max(most, 1):
        raise RequestError(f"So many images of this size are too much for one reply: at most {most}.", loc=("body",))


def _format(body: SamplesRequest) -> Format:
    if body.layout == "npz" and body.format is not None:
        raise RequestError("Layout npz sends arrays: leave the format out.", loc=("body", "format"))
    name = body.format or "png"
    if name not in FORMATS:
        hint = did_you_mean(name, FORMATS) or f" Expected one of {', '.join(FORMATS)}."
        raise RequestError(f"There is no format '{name[:40]}'.{hint}", loc=("body", "format"))
    return FORMATS[name]


def _columns(body: SamplesRequest, generator: Generator, n: int, limits: Limits) -> int:
    if body.layout != "grid":
        if body.columns is not None:
            raise RequestError(f"Layout {body.layout} has no columns: leave them out.", loc=("body", "columns"))
        return 1
    columns = min(body.columns or square_columns(n), n)
    image = generator.metadata.image
    width, height = columns * image.width, -(-n // columns) * image.height
    if max(width, height) > limits.grid_side:
        raise RequestError(
            f"The grid would be {width} x {height} pixels: expected at most {limits.grid_side} a side.",
            loc=("body", "columns"),
        )
    return columns


def _json(generator: Generator, drawing: Drawing, form: Format, encoded: list[bytes], base: str) -> Response:
    images: list[dict[str, Any]] = []
    for index, (piece, data) in enumerate(zip(drawing.pieces(1), encoded, strict=True)):
        entry = {
            "index": index,
            "seed": piece.seeds[0],
            "class": None if piece.classes is None else piece.classes[0],
            "url": f"{base}/{piece.seeds[0]}.{form.extension}{query_string(piece)}",
            "b64": data.decode("ascii"),
        }
        images.append(entry)
    document = {
        "model": generator.name,
        "rev": generator.rev,
        "truncation": drawing.truncation,
        "media_type": form.media_type,
        "images": images,
    }
    return JSONResponse(document)


def _grid(form: Format, images: list[Images], columns: int) -> Response:
    body = form.encode(grid(np.stack(images), columns))
    return Response(body, media_type=form.media_type, headers={"X-Ganzoo-Columns": str(columns)})


def _npz(drawing: Drawing, images: list[Images]) -> Response:
    arrays: dict[str, Any] = {"images": np.stack(images), "seeds": np.array(drawing.seeds, dtype=np.int64)}
    if drawing.classes is not None:
        arrays["classes"] = np.array(drawing.classes, dtype=np.int64)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return Response(buffer.getvalue(), media_type="application/x-npz")
