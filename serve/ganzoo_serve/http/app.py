"""The HTTP application over a catalogue of models."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

from ganzoo_serve import __version__, runtime
from ganzoo_serve.engine.engine import Engine
from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.access_log import AccessLog
from ganzoo_serve.http.front import Front
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.measures import Measures
from ganzoo_serve.http.replies import refusals
from ganzoo_serve.http.requests.keys import Keys, Signer
from ganzoo_serve.http.routes import admin, docs, generations, grids, health, images, inference, metrics, models, page
from ganzoo_serve.http.server import Server
from ganzoo_serve.http.stock import Stock
from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.models.keeper import Keeper
from ganzoo_serve.models.model import Model

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """How a server behaves. ``limits``: what it lets requests ask for. ``workers``: threads that draw and encode, default one
    per core, and one more with a GPU.

    ``watch_s``: seconds between looks for changed files, 0 for none. Without ``keys`` everybody is let in; a ``signer`` lets
    in whoever has an address that it signed. ``origins``: whose pages may ask (CORS). ``admin``: whether the operator's routes
    are there, and models may be loaded and unloaded on request, all by those with a key. ``drain_s``: seconds to finish what is
    being answered when told to stop. ``connections`` may be open at once. ``proxies``: addresses whose X-Forwarded-For is
    believed, separated by commas. ``root_path``: what a proxy takes off addresses before they come here, for the ASGI server.
    ``log`` takes a line for each request; if it is not given there are none.
    """

    limits: Limits = field(default_factory=Limits)
    workers: int | None = None
    watch_s: float = 0.0
    keys: Keys = field(default_factory=Keys)
    signer: Signer | None = None
    origins: Sequence[str] = ()
    admin: bool = False
    drain_s: int = 10
    connections: int = 4096
    proxies: str | None = None
    root_path: str = ""
    log: AccessLog = field(default_factory=lambda: AccessLog("off"))


def create_app(
    catalogue: Catalogue,
    settings: Settings | None = None,
    *,
    started: Callable[[BaseException | None], None] | None = None,
) -> ASGIApp:
    """An ASGI application serving these models.

    An empty catalogue is filled when the application starts; then ``started`` is called, with what went wrong if anything did.
    Until then drawing is refused with 503. Example: ``create_app(Catalogue.load(["models/"]))``.
    """
    settings = settings or Settings()
    if settings.admin and not settings.keys:
        raise ServeError("The operator's routes need a key. Set GANZOO_API_KEYS, or give --api-key-file.")
    limits, measures = settings.limits, Measures()
    workers = settings.workers or runtime.worker_count(catalogue.device)
    engine = Engine(workers=workers, waiting=limits.waiting, deadline_s=limits.deadline_s, watch=measures)

    def changed(came: list[Model], went: list[Model]) -> None:
        for model in went:
            logger.info("Model %s@%s went.", model.name, model.rev)
        if not server.loading:
            for model in came:
                logger.info("Model %s@%s came.", model.name, model.rev)

    keeper, stock = Keeper(catalogue, changed), Stock(limits.cache_bytes)
    server = Server(
        catalogue,
        limits,
        engine,
        measures,
        stock,
        keeper,
        loading=not catalogue,
        admin=settings.admin,
        signer=settings.signer if settings.keys else None,
    )
    measures.watch(catalogue, engine)

    async def keep() -> None:
        if server.loading:
            try:
                await keeper.start()
            except Exception as error:
                if started is None:
                    logger.error("Nothing is served: %s", error)
                else:
                    started(error)
                return
            server.loading = False
        if started is not None:
            started(None)
        if settings.watch_s:
            await keeper.watch(settings.watch_s)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        keeping = asyncio.create_task(keep())
        yield
        keeping.cancel()
        server.draining = True  # for whoever asks all the same
        keeper.stop()
        engine.close()
        settings.log.flush()

    # Our own /docs: FastAPI's needs the internet. No ReDoc for the same reason.
    app = FastAPI(
        title="ganzoo", version=__version__, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan
    )
    app.state.server = server
    refusals.install(app)
    groups = [health, models, images, grids, generations, inference, metrics, page, docs]
    for group in [*groups, admin] if settings.admin else groups:
        app.include_router(group.router)
        _offer_heads(app, group.router)
    docs.complete(app, keys=bool(settings.keys))
    # Around the framework, not in it: what passes it by should not pay for it.
    front = Front(app, server=server, keys=settings.keys, log=settings.log)
    return _with_origins(front, settings.origins) if settings.origins else front


def _offer_heads(app: FastAPI, router: APIRouter) -> None:
    """HEAD wherever there is GET, which the framework leaves out. What sends a reply leaves the body out."""
    for route in router.routes:
        if isinstance(route, APIRoute) and route.methods == {"GET"}:
            app.add_api_route(
                route.path, route.endpoint, methods=["HEAD"], dependencies=route.dependencies, include_in_schema=False
            )


_ASKED = (
    "Authorization",
    "Content-Type",
    "If-None-Match",
    "Inference-Header-Content-Length",
    "Request-Timeout-Ms",
    "X-API-Key",
    "X-Request-Id",
)


def _with_origins(app: ASGIApp, origins: Sequence[str]) -> ASGIApp:
    """Before the keys: a browser asks whether it may ask, without one."""
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=("GET", "HEAD", "POST"),
        allow_headers=_ASKED,
        expose_headers=(
            "Content-Location",
            "Inference-Header-Content-Length",
            "X-Request-Id",
            "ETag",
            "Retry-After",
            "X-Ganzoo-Class",
            "X-Ganzoo-Columns",
            "X-Ganzoo-From",
            "X-Ganzoo-Mode",
            "X-Ganzoo-Seed",
            "X-Ganzoo-Steps",
            "X-Ganzoo-To",
        ),
        max_age=600,
    )
