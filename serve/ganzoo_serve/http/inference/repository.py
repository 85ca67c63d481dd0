"""The protocol's model repository: what there is, and, where that is allowed, giving up models and taking them back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive

from ganzoo_serve.http.inference.signature import SAMPLER
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests import bodies
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server, ask
from ganzoo_serve.metadata import slug


class IndexRequest(BaseModel):
    """``ready``: only those that can be drawn from."""

    model_config = ConfigDict(extra="ignore", strict=True)

    ready: bool = False


class ChangeRequest(BaseModel):
    """``parameters``: neither ``config`` nor ``file:...``, since no model comes in by a request."""

    model_config = ConfigDict(extra="ignore", strict=True)

    parameters: Annotated[dict[str, Any], Field(default_factory=dict)]


async def index(server: Server, visit: Visit, receive: Receive) -> list[dict[str, str]]:
    """Every name and revision, and the files that gave none. Raises Problem 400, 413."""
    request = await _read(server, visit, receive, IndexRequest)
    state = {"state": "READY", "reason": ""}
    if not server.draws:
        state = {"state": "UNAVAILABLE", "reason": "the server is loading or about to stop"}
    entries = [
        {"name": model.name + suffix, "version": model.rev, **state}
        for model in server.models.every()
        for suffix in ("", SAMPLER)
    ]
    away = [(name, "unloaded") for name in sorted(server.models.unloaded)]
    away += [(_name(skipped.path), "not loaded: the server's log says why") for skipped in server.models.skipped]
    entries += [{"name": name, "version": "", "state": "UNAVAILABLE", "reason": reason} for name, reason in away]
    return [entry for entry in entries if entry["state"] == "READY" or not request.ready]


async def change(server: Server, visit: Visit, receive: Receive, name: str, *, load: bool) -> None:
    """Take a model back, as its file is now, or give it up. Raises Problem 403, 404, 400."""
    _check_allowed(server)
    request = await _read(server, visit, receive, ChangeRequest)
    refused = [key for key in request.parameters if key == "config" or key.startswith("file:")]
    if refused:
        raise Problem(400, f"'{refused[0][:64]}' is refused: models come from the server's own folders only.")
    models = server.models
    if not load:
        ask(server, visit, name)
        models.unloaded |= {name}
    else:
        models.unloaded -= {name}
    await server.keeper.look(settled=not load)
    if load:
        ask(server, visit, name)


def _check_allowed(server: Server) -> None:
    if not server.admin:  # where it is on there are keys, and whoever comes here has one
        raise Problem(403, "This server does not load and unload models on request.")


async def _read(server: Server, visit: Visit, receive: Receive, kind: type[bodies.M]) -> bodies.M:
    data = await bodies.read_bytes(visit, receive, server.limits.body_bytes)
    document = bodies.parse(data, depth=server.limits.json_depth) if data else {}
    return bodies.validate(document, kind, status=400)


def _name(path: Path) -> str:
    """What a file that cannot be read would perhaps be called."""
    try:
        return slug(path.parent.name if path.stem == "model" else path.stem)
    except ValueError:
        return "unnamed"
