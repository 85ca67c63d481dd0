"""A picture of many seeds, with an address: ``/v1/models/NAME/grid.png?seeds=0-63``."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
from pydantic import Field
from starlette.types import Receive

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.engine.engine import Pending
from ganzoo_serve.http.answers import once
from ganzoo_serve.http.answers.image import ImageQuery
from ganzoo_serve.http.replies import caching
from ganzoo_serve.http.replies.naming import which
from ganzoo_serve.http.replies.reply import Reply, encode
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.address import SEED_PATTERN, pinned_path, seeds_text, truncation_member
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server, ask
from ganzoo_serve.http.waiting import pixels
from ganzoo_serve.images import FORMATS, Format, grid

Columns = Annotated[int | None, Field(ge=1, description="Of the grid; nearly square if not said.")]
_RANGE = f"({SEED_PATTERN})(-({SEED_PATTERN}))?"


class GridQuery(ImageQuery):
    """What may follow the question mark."""

    seeds: Annotated[
        str,
        Field(
            description="One image each: 0-63, 1,5,7 or 0-9,20.",
            examples=["0-63"],
            json_schema_extra={"pattern": f"^{_RANGE}(,{_RANGE})*$"},
        ),
    ]
    columns: Columns = None


async def answer(server: Server, visit: Visit, receive: Receive, model: str, extension: str, query: GridQuery) -> Reply:
    """The reply for a grid: row by row, edge to edge, image i with the pixels its own address shows.

    Raises ServeErrors for what is refused, and ClientDisconnect if the client leaves before it is there.
    """
    asked = ask(server, visit, model)
    generator = asked.model.generator
    form = format_of(extension)
    seeds = asking.parse_seeds(query.seeds, server.limits)
    drawing = Drawing.of_seeds(generator, seeds, classes=query.class_, truncation=query.truncation)
    asking.check_size(len(drawing), generator, server.limits)
    columns = asking.grid_columns(query.columns, generator, len(drawing), server.limits)

    labels = None if drawing.labels is None else tuple(drawing.labels.tolist())
    what = ("grid", drawing.seeds, labels, drawing.truncation, columns)
    tag = caching.etag(asked.model, what, form.media_type, form.version)
    headers = once.headers(visit, asked, tag)
    headers += encode({"X-Ganzoo-Columns": str(columns), **which(drawing)})
    members = [f"seeds={seeds_text(seeds)}", *truncation_member(drawing), f"columns={columns}"]
    if query.class_ is not None and (label := drawing.class_of(0)) is not None:
        members.insert(1, f"class={label}")
    if not asked.pinned:
        address = f"{pinned_path(visit, asked.model)}/grid.{form.extension}?{'&'.join(members)}"
        headers.append((b"content-location", address.encode()))
    reply = once.answered(server, visit, headers, tag, form.media_type)
    if reply is not None:
        return reply

    def start(seconds: float | None) -> Pending:
        return server.engine.submit(drawing, pixels, timeout_s=seconds)

    def compose(results: list[Any]) -> bytes:
        return picture(results, columns, form)

    return Reply(200, headers, await once.body(server, visit, receive, tag, len(drawing), start, compose))


def format_of(extension: str) -> Format:
    """The encoder of a grid. Raises Problem 406 with those there are."""
    form = FORMATS.get(extension)
    if form is None:
        raise asking.no_format(extension, FORMATS)
    return form


def picture(images: list[Any], columns: int, form: Format) -> bytes:
    """One picture of images (h, w, c)."""
    return form.encode(grid(np.stack(images), columns))
