"""Open Inference Protocol v2, by its addresses: ``/v2/...``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.responses import JSONResponse, Response

from ganzoo_serve import __version__
from ganzoo_serve.http.inference import infer, repository, statistics
from ganzoo_serve.http.inference.body import InferRequest
from ganzoo_serve.http.inference.signature import Face, face
from ganzoo_serve.http.replies.reply import Framed
from ganzoo_serve.http.requests import bodies
from ganzoo_serve.http.routes.common import ANY, REFUSALS, ServerState, ThisVisit, Timeout, refusals
from ganzoo_serve.http.server import Server

router = APIRouter(tags=["Open Inference Protocol"])

EXTENSIONS = ["binary_tensor_data", "model_repository", "statistics"]

Name = Annotated[str, Path(description="A model's name, or NAME.sample to draw from seeds.")]
Version = Annotated[str, Path(description="A revision.")]


async def _current(visit: ThisVisit, state: ServerState, model: Name) -> Face:
    return face(state, visit, model)


async def _revision(visit: ThisVisit, state: ServerState, model: Name, version: Version) -> Face:
    return face(state, visit, model, version)


Current = Annotated[Face, Depends(_current)]
Revision = Annotated[Face, Depends(_revision)]

_DESCRIBE: dict[int | str, Any] = ANY | {status: REFUSALS[status] for status in (404, 422, 500, 503)}
_CHANGE: dict[int | str, Any] = (
    ANY
    | {status: REFUSALS[status] for status in (400, 404, 413, 422, 500, 503)}
    | refusals(s403="Not allowed here, or the address was not signed so.")
)
_INFER: dict[int | str, Any] = {
    200: {"content": {"application/json": {}, "application/octet-stream": {}}, "description": "The outputs."},
    **{status: text for status, text in REFUSALS.items() if status != 406},
    **refusals(s415="The body is compressed."),
}


def _optional(kind: Any) -> dict[str, Any]:
    return {"requestBody": bodies.schema(kind)["requestBody"] | {"required": False}}


_SEEDS = {"inputs": [{"name": "seed", "shape": [2], "datatype": "INT64", "data": [42, 43]}]}  # for NAME.sample
_TENSORS = bodies.schema(InferRequest, seeds=_SEEDS)
# The content type is not looked at: the protocol's clients send none.
_TENSORS["requestBody"]["content"]["application/octet-stream"] = {"schema": {"type": "string", "format": "binary"}}


@router.get("/v2/health/live")
async def v2_live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@router.get("/v2/health/ready", responses={200: {"description": "Yes."}, **refusals(s503="Not yet, or no longer.")})
async def v2_ready(state: ServerState) -> Response:
    """As /readyz."""
    return JSONResponse({"live": True, "ready": state.ready}, 200 if state.ready else 503)


@router.get("/v2", responses=ANY)
async def v2_server() -> dict[str, Any]:
    """What this is, and which extensions of the protocol it has."""
    return {"name": "ganzoo", "version": __version__, "extensions": EXTENSIONS}


# Before the models, so that it is no model's name.
@router.get("/v2/models/stats", responses=ANY)
async def v2_statistics(state: ServerState) -> dict[str, Any]:
    """Counts and times of every model."""
    faces = [Face(model, sampler) for model in state.models.values() for sampler in (False, True)]
    return {"model_stats": await state.engine.help(_statistics, state, faces)}


@router.get("/v2/models/{model}", responses=_DESCRIBE)
async def v2_model(state: ServerState, asked: Current) -> dict[str, Any]:
    """A model's tensors."""
    return _describe(state, asked)


@router.get("/v2/models/{model}/versions/{version}", responses=_DESCRIBE)
async def v2_model_version(state: ServerState, asked: Revision) -> dict[str, Any]:
    """The tensors of a revision."""
    return _describe(state, asked)


@router.get("/v2/models/{model}/ready", responses=_DESCRIBE)
async def v2_model_ready(asked: Current) -> dict[str, Any]:
    """Whether a model can be drawn from."""
    return {"name": asked.name, "ready": True}


@router.get("/v2/models/{model}/versions/{version}/ready", responses=_DESCRIBE)
async def v2_version_ready(asked: Revision) -> dict[str, Any]:
    """Whether a revision can be drawn from."""
    return {"name": asked.name, "ready": True}


@router.get("/v2/models/{model}/stats", responses=_DESCRIBE)
async def v2_model_statistics(state: ServerState, asked: Current) -> dict[str, Any]:
    """Counts and times of a model."""
    return {"model_stats": _statistics(state, [asked])}


@router.get("/v2/models/{model}/versions/{version}/stats", responses=_DESCRIBE)
async def v2_version_statistics(state: ServerState, asked: Revision) -> dict[str, Any]:
    """Counts and times of a model, whatever its revision."""
    return {"model_stats": _statistics(state, [asked])}


@router.post("/v2/models/{model}/infer", response_class=Response, responses=_INFER, openapi_extra=_TENSORS)
async def v2_infer(
    request: Request, visit: ThisVisit, state: ServerState, asked: Current, timeout: Timeout = None
) -> Response:
    """Images of latents, or of seeds (``NAME.sample``), as JSON or bytes."""
    return Framed(await infer.answer(state, visit, request.receive, asked))


@router.post(
    "/v2/models/{model}/versions/{version}/infer",
    response_class=Response,
    responses=_INFER,
    openapi_extra=_TENSORS,
)
async def v2_version_infer(
    request: Request, visit: ThisVisit, state: ServerState, asked: Revision, timeout: Timeout = None
) -> Response:
    """As without a version, of that revision only."""
    return Framed(await infer.answer(state, visit, request.receive, asked))


@router.post(
    "/v2/repository/index",
    responses={status: text for status, text in _CHANGE.items() if status not in (404, 422, 503)},
    openapi_extra=_optional(repository.IndexRequest),
)
async def v2_index(request: Request, visit: ThisVisit, state: ServerState) -> list[dict[str, str]]:
    """Every name and revision, and what could not be loaded."""
    return await repository.index(state, visit, request.receive)


@router.post(
    "/v2/repository/models/{model}/load",
    responses=_CHANGE,
    openapi_extra=_optional(repository.ChangeRequest),
)
async def v2_load(request: Request, visit: ThisVisit, state: ServerState, model: Name) -> dict[str, Any]:
    """Take back a model that was unloaded, or look at its file again. Off unless the server was told otherwise."""
    await repository.change(state, visit, request.receive, model, load=True)
    return {}


@router.post(
    "/v2/repository/models/{model}/unload",
    responses=_CHANGE,
    openapi_extra=_optional(repository.ChangeRequest),
)
async def v2_unload(request: Request, visit: ThisVisit, state: ServerState, model: Name) -> dict[str, Any]:
    """Serve a model no longer, until it is loaded again. Off unless the server was told otherwise."""
    await repository.change(state, visit, request.receive, model, load=False)
    return {}


def _describe(state: Server, asked: Face) -> dict[str, Any]:
    return asked.document([model.rev for model in state.models.revisions(asked.model.name)])


def _statistics(state: Server, faces: list[Face]) -> list[dict[str, Any]]:
    return [statistics.of(state.measures, each) for each in faces]
