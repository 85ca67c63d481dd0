"""Which models there are, and what they say about themselves."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from ganzoo_serve.http.answers.image import EXTENSIONS
from ganzoo_serve.http.limits import NAMED
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests.address import pinned_path
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.routes.common import ANY, REFUSALS, AskedModel, ServerState, ThisVisit, refusals
from ganzoo_serve.http.server import Server
from ganzoo_serve.models.card import NoCard, has_card, read_card
from ganzoo_serve.models.model import Model

router = APIRouter(tags=["models"])


@router.get("/v1/models", responses=ANY)
async def list_models(visit: ThisVisit, state: ServerState) -> dict[str, Any]:
    """All models, in the shape of OpenAI's list with further members."""
    return {"object": "list", "data": [describe(visit, state, model) for model in state.models.values()]}


@router.get("/v1/models/{model}", responses={404: REFUSALS[404], 422: REFUSALS[422], **ANY})
async def get_model(visit: ThisVisit, state: ServerState, asked: AskedModel) -> dict[str, Any]:
    """One model: image shape, classes, latent, licence, what it was trained on, and what it may be asked for."""
    return describe(visit, state, asked.model)


@router.get(
    "/v1/models/{model}/card",
    response_class=Response,
    responses={
        200: {"content": {"text/markdown": {}}, "description": "The card."},
        **refusals(s404="There is no such model or revision, or it has no card."),
        **{status: REFUSALS[status] for status in (422, 503)},
        **ANY,
    },
)
async def get_card(state: ServerState, asked: AskedModel) -> Response:
    """What people wrote about a model, in Markdown."""
    try:
        card = await state.engine.help(read_card, asked.model.generator.path)
    except NoCard as error:
        raise Problem(404, f"Model '{asked.model.name}' has {error}") from error
    return Response(card, media_type="text/markdown")


def describe(visit: Visit, state: Server, model: Model) -> dict[str, Any]:
    """A model's public description. Never its path."""
    generator, path = model.generator, pinned_path(visit, model)
    metadata = generator.metadata.model_dump(mode="json", exclude={"name", "schema_number"})
    return {
        "id": model.name,
        "object": "model",
        "created": model.loaded,
        "owned_by": "ganzoo",
        "rev": model.rev,
        "revisions": [other.rev for other in state.models.revisions(model.name)],
        "sha256": generator.sha256,
        "device": generator.device,
        "runtime": generator.runtime,
        "determinism": model.tuned.grade,
        "speed": {
            "workers": state.engine.workers,
            "batch_sizes": generator.sizes,
            "milliseconds_per_image": {str(n): round(s * 1e3, 3) for n, s in model.tuned.seconds.items()},
        },
        "example": f"{path}/images/0.png",
        "card": f"{path}/card" if has_card(generator.path) else None,
        "formats": [*EXTENSIONS],
        "limits": {name: getattr(state.limits, name) for name in ("samples", *NAMED)},
        **metadata,
    }
