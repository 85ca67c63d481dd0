"""What several routes need: the server's state, a model by its name in the URL, and how replies are described."""

from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Header, Path, Request
from starlette.types import Receive

from ganzoo_serve.http.requests import address
from ganzoo_serve.http.requests.visit import MILLISECONDS, Visit, visit_of
from ganzoo_serve.http.server import Asked, Server, ask

ModelName = Annotated[str, Path(description="A model's name, or NAME@REV to insist on one revision.")]


# Both are async though they wait for nothing: FastAPI sends plain functions through a thread, at 0.1 ms of CPU each.
async def server(request: Request) -> Server:
    """The state ``create_app`` made."""
    state: Server = request.app.state.server
    return state


async def visit(request: Request) -> Visit:
    """What ``Front`` knows of the request."""
    return visit_of(request.scope)


async def asked_model(request: Request, model: ModelName) -> Asked:
    """The model of ``/v1/models/{model}``. Raises Problem 404, with the nearest names, if this server has none such."""
    return ask(await server(request), visit_of(request.scope), model)


async def said_once(request: Request) -> None:
    """Of members of the query that are there twice the framework takes the last. Raises RequestError instead."""
    address.query_members(visit_of(request.scope).query)


ServerState = Annotated[Server, Depends(server)]
ThisVisit = Annotated[Visit, Depends(visit)]
AskedModel = Annotated[Asked, Depends(asked_model)]
# The pattern is for readers; ``Visit.patience_s`` checks it, at every route alike.
Timeout = Annotated[str | None, Header(alias="Request-Timeout-Ms", json_schema_extra={"pattern": f"^{MILLISECONDS}$"})]


class Call(NamedTuple):
    """A request to draw, as what answers takes it, which looks for itself what the headers say."""

    server: Server
    visit: Visit
    receive: Receive
    model: str


async def call(request: Request, state: ServerState, model: ModelName, timeout: Timeout = None) -> Call:
    """The request to ``/v1/models/{model}/...``."""
    return Call(state, visit_of(request.scope), request.receive, model)


ModelCall = Annotated[Call, Depends(call)]

_PROBLEM = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}


def refusals(**texts: str) -> dict[int | str, Any]:
    """How OpenAPI describes the statuses ``s404="..."``."""
    return {int(status[1:]): {"description": text, **_PROBLEM} for status, text in texts.items()}


# What any route may answer, and what those that draw may.
ANY = refusals(s401="A key is needed.", s403="The address was not signed so.", s414="The address is too long.")
REFUSALS = ANY | refusals(
    s400="Malformed.",
    s404="There is no such model or revision.",
    s406="There is no such format.",
    s408="The body did not come.",
    s413="The body is too large.",
    s415="The body is not JSON.",
    s422="A value is out of range or unknown.",
    s429="Too much waits, or this key has had its share; see Retry-After.",
    s500="A failure; the server's log has it.",
    s503="Loading or draining; see Retry-After.",
    s504="Not begun in time.",
)


def picture(*media_types: str) -> dict[int | str, Any]:
    """How OpenAPI describes what may be answered where a picture has an address."""
    return {
        200: {"content": {media_type: {} for media_type in media_types}, "description": "The picture."},
        304: {"description": "You have it already."},
        **REFUSALS,
    }
