"""Addresses of images, described: for /openapi.json, and for what a 405 says is allowed.

``Front`` answers them, by ``answers.image`` and ``answers.samples``, before the framework sees them. All that comes here is
what the framework takes for one of them and ``Front`` does not: an address with a line break at its end, where nothing is.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Header, HTTPException, Path, Query
from starlette.responses import Response

from ganzoo_serve.http.answers import layouts, samples
from ganzoo_serve.http.answers.image import EXTENSIONS, ImageQuery
from ganzoo_serve.http.requests.address import SEED_PATTERN
from ganzoo_serve.http.requests.bodies import schema
from ganzoo_serve.http.routes.common import REFUSALS, ModelCall, picture
from ganzoo_serve.images import FORMATS

router = APIRouter(tags=["images"])

_IMAGE = picture(*(form.media_type for form in EXTENSIONS.values()))
# What they look like is said for readers; ``answers.image`` checks it, and says more about what is wrong.
Seed = Annotated[
    str, Path(description="0 ... 2**53 - 1", examples=["42"], json_schema_extra={"pattern": f"^({SEED_PATTERN})$"})
]


@router.get("/v1/models/{model}/images/{seed}.{extension}", response_class=Response, responses=_IMAGE)
async def image_file(
    call: ModelCall,
    seed: Seed,
    extension: Annotated[str, Path(examples=["png"], json_schema_extra={"enum": [*EXTENSIONS]})],
    query: Annotated[ImageQuery, Query()],
) -> Response:
    """One image. The same address always shows the same pixels; with ``@rev`` it may be cached for ever."""
    raise HTTPException(404)


@router.get("/v1/models/{model}/images/{seed}", response_class=Response, responses=_IMAGE)
async def image_(
    call: ModelCall,
    seed: Seed,
    query: Annotated[ImageQuery, Query()],
    accept: Annotated[str | None, Header()] = None,
) -> Response:
    """One image, in the format that ``Accept`` likes best: PNG, WebP, AVIF or JPEG."""
    raise HTTPException(404)


_TYPES: dict[str, Any] = {
    media_type: {} for media_type in [*layouts.MEDIA_TYPES.values(), *(form.media_type for form in FORMATS.values())]
}


@router.post(
    "/v1/models/{model}/samples",
    response_class=Response,
    responses={200: {"description": "The images.", "content": _TYPES}, **REFUSALS},
    openapi_extra=schema(samples.SamplesRequest),
)
async def post_samples(call: ModelCall) -> Response:
    """Many images. Image i has seed ``seeds[i]`` or ``seed + i``, and the pixels its own address shows.

    Where the layout does not name them the headers do, in order: ``X-Ganzoo-Seed: 0-9,20``, ``X-Ganzoo-Class: 3,1,4`` or one
    id for all; left out if over 2,000 characters.
    """
    raise HTTPException(404)
