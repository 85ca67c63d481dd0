"""What an operator may tell a running server; not there unless it was started so, and then behind a key."""

import logging
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ganzoo_serve.http.routes.common import ANY, ServerState, refusals

logger = logging.getLogger(__name__)
router = APIRouter(prefix="/admin", tags=["admin"])


@router.post("/reload", responses=ANY | refusals(s500="A failure; the server's log has it."))
async def reload(state: ServerState) -> dict[str, Any]:
    """Look at the files now: which models came, which went, and which files could not be loaded, and why."""
    came, went = await state.keeper.look(settled=False)
    return {
        "came": [f"{model.name}@{model.rev}" for model in came],
        "went": [f"{model.name}@{model.rev}" for model in went],
        "skipped": [{"file": skip.path.name, "reason": skip.reason} for skip in state.models.skipped],
    }


@router.post("/drain", responses=ANY | refusals(s422="A value is out of range."))
async def drain(
    state: ServerState, on: Annotated[bool, Query(description="False takes it back.")] = True
) -> dict[str, bool]:
    """Refuse new work, finish what is there, and say so to whoever asks /readyz; the process stays."""
    state.draining = on
    logger.info("Draining." if on else "No longer draining.")
    return {"draining": on}
