"""What several routes need: the server's state, and a model by its name in the URL."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request

from ganzoo_serve.errors import did_you_mean
from ganzoo_serve.generator import Generator
from ganzoo_serve.limits import Limits
from ganzoo_serve.problems import Problem
from ganzoo_serve.waiting import WaitingRoom


@dataclass(frozen=True)
class Server:
    """What the routes share. ``started`` is in seconds since 1970."""

    models: Mapping[str, Generator]
    limits: Limits
    room: WaitingRoom
    started: int


@dataclass(frozen=True)
class Asked:
    """A model as a URL names it; ``pinned`` if the URL says ``@rev``, so that it can never mean other pixels."""

    generator: Generator
    pinned: bool


# Both are async though they wait for nothing: FastAPI sends plain functions through a thread, at 0.1 ms of CPU each.
async def server(request: Request) -> Server:
    """The state ``create_app`` made."""
    state: Server = request.app.state.server
    return state


async def asked_model(
    request: Request,
    model: Annotated[str, Path(description="A model's name, or NAME@REV to insist on one revision.")],
) -> Asked:
    """The model of ``/v1/models/{model}``. Raises Problem 404, with the nearest names, if this server has none such."""
    models = (await server(request)).models
    name, at, rev = model.partition("@")
    generator = models.get(name)
    if generator is None:
        hint = did_you_mean(name, models) or " See /v1/models for those there are."
        raise Problem(404, f"There is no model '{name[:64]}' here.{hint}")
    if at and rev != generator.rev:
        raise Problem(404, f"Model '{name}' is here as revision {generator.rev}, not as '{rev[:64]}'.")
    return Asked(generator, pinned=bool(at))


def pinned_path(request: Request, generator: Generator) -> str:
    """``/v1/models/NAME@REV``, below the prefix a proxy may have set."""
    return f"{request.scope.get('root_path', '')}/v1/models/{generator.name}@{generator.rev}"


ServerState = Annotated[Server, Depends(server)]
AskedModel = Annotated[Asked, Depends(asked_model)]
