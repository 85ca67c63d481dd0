"""OpenAI's images route."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ganzoo_serve.http.answers import generations
from ganzoo_serve.http.replies import openai
from ganzoo_serve.http.replies.reply import Framed
from ganzoo_serve.http.requests.bodies import schema
from ganzoo_serve.http.routes.common import REFUSALS, ServerState, ThisVisit, Timeout

router = APIRouter(tags=["images"])

_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_RESPONSES: dict[int | str, Any] = {
    status: {"description": refusal["description"], "content": {"application/json": {"schema": _ERROR}}}
    for status, refusal in REFUSALS.items()
    if status != 406
}


@router.post(
    openai.PATH,
    response_class=Response,
    responses={200: {"description": "The images.", "content": {"application/json": {}}}, **_RESPONSES},
    openapi_extra=schema(
        generations.GenerationsRequest,
        urls={"model": "digits", "prompt": "", "n": 2, "seed": 42, "response_format": "url"},
    ),
)
async def openai_images(request: Request, visit: ThisVisit, state: ServerState, timeout: Timeout = None) -> Response:
    """Images as OpenAI's clients ask for them. The class is the prompt's, or ``class``; ``url`` is where an image stays."""
    return Framed(await generations.answer(state, visit, request.receive))
