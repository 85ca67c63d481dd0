"""Which models there are, and what they say about themselves."""

from typing import Any

from fastapi import APIRouter, Request

from ganzoo_serve.http.address import pinned_path
from ganzoo_serve.http.image import EXTENSIONS
from ganzoo_serve.http.routes.common import ANY, REFUSALS, AskedModel, ServerState
from ganzoo_serve.http.server import Server
from ganzoo_serve.models.model import Model

router = APIRouter(tags=["models"])


@router.get("/v1/models", responses=ANY)
async def list_models(request: Request, state: ServerState) -> dict[str, Any]:
    """All models, in the shape of OpenAI's list with further members."""
    return {"object": "list", "data": [describe(request, state, model) for model in state.models.values()]}


@router.get("/v1/models/{model}", responses={404: REFUSALS[404], 422: REFUSALS[422], **ANY})
async def get_model(request: Request, state: ServerState, asked: AskedModel) -> dict[str, Any]:
    """One model: image shape, classes, latent, licence, what it was trained on, and what it may be asked for."""
    return describe(request, state, asked.model)


def describe(request: Request, state: Server, model: Model) -> dict[str, Any]:
    """A model's public description. Never its path."""
    generator = model.generator
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
        "determinism": model.tuned.grade,
        "speed": {
            "workers": state.engine.workers,
            "batch_sizes": generator.sizes,
            "milliseconds_per_image": {str(n): round(s * 1e3, 3) for n, s in model.tuned.seconds.items()},
        },
        "example": f"{pinned_path(request.scope, model)}/images/0.png",
        "formats": [*EXTENSIONS],
        "limits": {"samples": state.limits.samples, "steps": state.limits.steps, "grid_side": state.limits.grid_side},
        **metadata,
    }
