"""Addresses of pictures of many images: grids, and the way from seed to seed."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from ganzoo_serve.http.answers import grid, interpolation
from ganzoo_serve.http.answers.grid import GridQuery
from ganzoo_serve.http.answers.interpolation import EXTENSIONS, WayQuery
from ganzoo_serve.http.replies.reply import Framed
from ganzoo_serve.http.routes.common import ModelCall, picture, said_once
from ganzoo_serve.images import FILMS, FORMATS

router = APIRouter(tags=["images"], dependencies=[Depends(said_once)])

_GRID = picture(*(form.media_type for form in FORMATS.values()))
_WAY = picture(*(form.media_type for form in FORMATS.values()), *FILMS.values())


@router.get("/v1/models/{model}/grid.{extension}", response_class=Response, responses=_GRID)
async def grid_file(
    call: ModelCall,
    extension: Annotated[str, Path(examples=["png"], json_schema_extra={"enum": [*FORMATS]})],
    query: Annotated[GridQuery, Query()],
) -> Response:
    """One picture of many seeds, row by row, edge to edge. Image i is the one that its own address shows.

    ``X-Ganzoo-Seed`` and ``X-Ganzoo-Class`` name them, in order, if that takes no more than 2,000 characters.
    """
    return Framed(await grid.answer(*call, extension, query))


@router.get("/v1/models/{model}/interpolate.{extension}", response_class=Response, responses=_WAY)
async def way_file(
    call: ModelCall,
    extension: Annotated[str, Path(examples=["webp"], json_schema_extra={"enum": [*EXTENSIONS]})],
    query: Annotated[WayQuery, Query()],
) -> Response:
    """The way from one seed to another, in one class: a film (webp, gif), or a grid of its steps."""
    return Framed(await interpolation.answer(*call, extension, query))
