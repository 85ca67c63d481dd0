"""Is the process alive, and may it be sent work?"""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from ganzoo_serve.http.routes.common import ServerState, refusals

router = APIRouter(tags=["health"])


@router.get("/livez")
async def live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@router.get("/readyz", responses={200: {"description": "Yes."}, **refusals(s503="Not yet, or no longer.")})
async def ready(state: ServerState) -> Response:
    """All models that can be are loaded, tuned and have drawn. There is one at least, and the server is not about to stop."""
    return JSONResponse({"ready": state.ready}, 200 if state.ready else 503)
