"""What the server counts, for Prometheus."""

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from ganzoo_serve.http.routes.common import ANY, ServerState

router = APIRouter(tags=["health"])


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}, **ANY})
async def metrics(state: ServerState) -> Response:
    """Requests, images, batches, queues and times, in Prometheus' text format."""
    text = await state.engine.help(state.measures.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)
