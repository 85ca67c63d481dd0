"""The HTTP application over loaded models."""

import time
from collections.abc import Mapping

from fastapi import FastAPI

from ganzoo_serve import __version__, problems
from ganzoo_serve.generator import Generator
from ganzoo_serve.guard import Guard
from ganzoo_serve.limits import Limits
from ganzoo_serve.routes import docs, health, images, models, page, samples
from ganzoo_serve.routes.common import Server
from ganzoo_serve.waiting import WaitingRoom


def create_app(loaded: Mapping[str, Generator], *, limits: Limits | None = None) -> FastAPI:
    """An ASGI application serving these models by name; closing them stays the caller's.

    Example: ``create_app(Catalogue.load(["models/"]))``.
    """
    limits = limits or Limits()
    # Our own /docs: FastAPI's needs the internet. No ReDoc for the same reason.
    app = FastAPI(title="ganzoo", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.server = Server(loaded, limits, WaitingRoom(limits), started=int(time.time()))
    app.add_middleware(Guard)
    problems.install(app)
    for group in (health, models, images, samples, page, docs):
        app.include_router(group.router)
    return app
