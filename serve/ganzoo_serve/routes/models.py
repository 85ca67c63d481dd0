"""Which models there are, and what they say about themselves."""

from typing import Any

from fastapi import APIRouter, Request

from ganzoo_serve.generator import Generator
from ganzoo_serve.routes.common import AskedModel, Server, ServerState, pinned_path

router = APIRouter(tags=["models"])


@router.get("/v1/models")
async def list_models(request: Request, state: ServerState) -> dict[str, Any]:
    """All models, in the shape of OpenAI's list with further members."""
    return {"object": "list", "data": [describe(request, state, generator) for generator in state.models.values()]}


@router.get("/v1/models/{model}")
async def get_model(request: Request, state: ServerState, asked: AskedModel) -> dict[str, Any]:
    """One model: image shape, classes, latent, licence, what it was trained on, and what it may be asked for."""
    return describe(request, state, asked.generator)


def describe(request: Request, state: Server, generator: Generator) -> dict[str, Any]:
    """A model's public description. Never its path."""
    metadata = generator.metadata.model_dump(mode="json", exclude={"name", "schema_number"})
    return {
        "id": generator.name,
        "object": "model",
        "created": state.started,
        "owned_by": "ganzoo",
        "rev": generator.rev,
        "sha256": generator.sha256,
        "device": generator.device,
        "example": f"{pinned_path(request, generator)}/images/0.png",
        "limits": {"samples": state.limits.samples, "grid_side": state.limits.grid_side},
        **metadata,
    }
