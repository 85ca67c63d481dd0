"""Is the process alive, and may it be sent work?"""

from fastapi import APIRouter

router = APIRouter(tags=["health"])


@router.get("/livez")
async def live() -> dict[str, bool]:
    """The process answers."""
    return {"live": True}


@router.get("/readyz")
async def ready() -> dict[str, bool]:
    """Every model is loaded and has drawn an image: the server starts to listen only then."""
    return {"ready": True}
