"""Many images at once, in whatever suits the client: ``POST /v1/models/NAME/samples``."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any

import numpy as np
from pydantic import ConfigDict, FailFast, Field
from starlette.types import Receive

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.errors import RequestError
from ganzoo_serve.generator import Generator
from ganzoo_serve.http.answers import layouts
from ganzoo_serve.http.answers.grid import picture
from ganzoo_serve.http.answers.layouts import Layout, Sheet
from ganzoo_serve.http.limits import MOST_LATENT, MOST_SAMPLES, Limits
from ganzoo_serve.http.replies.naming import which
from ganzoo_serve.http.replies.reply import Reply, Stream, encode
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.address import pinned_path, query_string
from ganzoo_serve.http.requests.bodies import read_body
from ganzoo_serve.http.requests.members import Members, Truncation
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server, ask
from ganzoo_serve.http.waiting import begin, drawn, pixels, wait
from ganzoo_serve.images import FORMATS, Format
from ganzoo_serve.seeds import MAX_SEED

PATH = re.compile(r"/v1/models/([^/]+)/samples")


class SamplesRequest(Members):
    """Which images: ``seeds``, or ``n`` from ``seed`` on (random if left out), or ``latents``; and how to send them."""

    model_config = ConfigDict(strict=True)

    n: Annotated[int | None, Field(ge=1, description="How many; 1 if not said.")] = None
    seed: Annotated[int | None, Field(ge=0, le=MAX_SEED, description="The first of n seeds in a row.")] = None
    seeds: Annotated[list[int] | None, Field(min_length=1, max_length=MOST_SAMPLES, description="One image each.")] = (
        None
    )
    latents: Annotated[
        # Of a row no more is said than its first mistake: there may be a hundred thousand.
        list[Annotated[list[float], FailFast()]] | None,
        Field(
            min_length=1,
            max_length=MOST_SAMPLES,
            description=f"One image each: rows of z_dim numbers within {MOST_LATENT:g} of 0.",
        ),
    ] = None
    classes: Annotated[
        int | str | Annotated[list[int | str], Field(max_length=MOST_SAMPLES)] | None,
        Field(description="One class for all or one per image, by id or name; without, each seed decides its own."),
    ] = None
    truncation: Truncation = None
    layout: Annotated[
        Layout, Field(description="How several images are one reply; tar, ndjson and multipart come as drawn.")
    ] = "json"
    format: Annotated[str | None, Field(description=f"{', '.join(FORMATS)}; png if not said.")] = None
    columns: Annotated[int | None, Field(ge=1, description="Of a grid; nearly square if not said.")] = None


async def answer(server: Server, visit: Visit, receive: Receive, model: str) -> Reply | Stream:
    """The reply to a request for many images. Image i has ``seeds[i]``, ``seed + i`` or ``latents[i]``.

    Raises ServeErrors for what is refused, and ClientDisconnect if the client leaves before its images are there.
    """
    body = await read_body(visit, receive, SamplesRequest, limits=server.limits)
    asked = ask(server, visit, model)
    generator = asked.model.generator
    form = _format(body)
    drawing = _drawing(body, generator, server.limits)
    if body.layout == "single" and len(drawing) != 1:
        raise RequestError(f"Layout single is one image, not {len(drawing)}.", loc=("layout",))
    asking.check_size(len(drawing), generator, server.limits)
    columns = _columns(body, generator, len(drawing), server.limits)

    sheet = Sheet(drawing, form, f"{pinned_path(visit, asked.model)}/images")
    headers = {"Content-Type": layouts.MEDIA_TYPES.get(body.layout, form.media_type), "Cache-Control": "no-store"}
    headers |= which(drawing)
    if body.layout == "single" and drawing.seeds is not None:
        headers["Content-Location"] = f"{sheet.base}/{drawing.seeds[0]}.{form.extension}{query_string(drawing)}"
    finish = pixels if body.layout in layouts.OF_PIXELS else form.encode
    if body.layout in layouts.STREAMED:
        work = begin(server, visit, drawing, finish)
        leave = partial(server.engine.drop, work)
        await wait(work.until(0), receive, leave)  # what is refused is refused before the reply begins
        return Stream(encode(headers), layouts.pieces(body.layout, sheet, server.engine.stream(work)), leave)
    results: list[Any] = await drawn(server, visit, receive, drawing, finish)
    if body.layout == "single":
        return Reply(200, encode(headers), results[0])
    if body.layout == "grid":
        headers["X-Ganzoo-Columns"] = str(columns)
        content = await server.engine.help(picture, results, columns, form)
    elif body.layout == "npy":
        content = layouts.npy_file(results)  # a copy: quicker than a thread is woken
    elif body.layout == "npz":
        content = await server.engine.help(layouts.npz_file, drawing, results)
    elif body.layout == "zip":
        content = await server.engine.help(layouts.zip_file, sheet, results)
    else:
        content = await server.engine.help(layouts.json_file, sheet, results)
    return Reply(200, encode(headers), content)


def _drawing(body: SamplesRequest, generator: Generator, limits: Limits) -> Drawing:
    given = [name for name in ("seeds", "seed", "latents") if getattr(body, name) is not None]
    if len(given) > 1 or (body.n is not None and given not in ([], ["seed"])):
        both = given if len(given) > 1 else [*given, "n"]
        raise RequestError(f"Expected '{both[0]}' or '{both[1]}', not both.", loc=(both[1],))
    if body.latents is not None:
        asking.check_count(len(body.latents), limits, loc=("latents",))
        return _of_latents(body, body.latents, generator)
    if body.seeds is not None:
        asking.check_count(len(body.seeds), limits, loc=("seeds",))
        seeds = body.seeds
    else:
        asking.check_count(body.n or 1, limits, loc=("n",))
        seeds = asking.row_of_seeds(body.seed, body.n or 1)
    return Drawing.of_seeds(generator, seeds, classes=body.classes, truncation=body.truncation)


def _of_latents(body: SamplesRequest, rows: list[list[float]], generator: Generator) -> Drawing:
    dim = generator.metadata.latent.dim
    for index, row in enumerate(rows):
        if len(row) != dim:
            raise RequestError(f"{len(row)} numbers: expected {dim}.", loc=("latents", index))
        if not all(abs(value) <= MOST_LATENT for value in row):
            raise RequestError(f"A number is not within {MOST_LATENT:g} of 0.", loc=("latents", index))
    if generator.metadata.classes is not None and body.classes is None:
        raise RequestError("Latents have no class of their own: expected 'classes'.", loc=("classes",))
    labels = None if body.classes is None else generator.labels([0] * len(rows), body.classes)
    return Drawing.of_latents(generator, np.array(rows, dtype=np.float32), labels=labels, truncation=body.truncation)


def _format(body: SamplesRequest) -> Format:
    if body.layout in ("npy", "npz") and body.format is not None:
        raise RequestError(f"Layout {body.layout} sends arrays: leave the format out.", loc=("format",))
    return asking.format_named(body.format or "png")


def _columns(body: SamplesRequest, generator: Generator, n: int, limits: Limits) -> int:
    if body.layout == "grid":
        return asking.grid_columns(body.columns, generator, n, limits)
    if body.columns is not None:
        raise RequestError(f"Layout {body.layout} has no columns: leave them out.", loc=("columns",))
    return 1
