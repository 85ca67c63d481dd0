"""From paths to a listening server, and down again."""

import contextlib
import gc
import ipaddress
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from ganzoo_serve import logs
from ganzoo_serve.devices import Device, installation_problem
from ganzoo_serve.errors import ServeError
from ganzoo_serve.http.app import Settings, create_app
from ganzoo_serve.http.connection.crowd import bounded
from ganzoo_serve.models.catalogue import Catalogue

logger = logging.getLogger("ganzoo_serve")

_OTHER_FILES = 128  # libraries, pipes, models while they load, and who is just told that there is no room


def serve(
    paths: Iterable[str | Path],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    device: Device = "auto",
    settings: Settings | None = None,
) -> None:
    """Serve the models in ``paths`` until SIGINT or SIGTERM; what is being answered then is finished first.

    ``port`` 0 takes a free one. Logs to stderr, all of it in the form of ``settings.log``. Raises ServeError: the port is taken,
    no model can be loaded.
    """
    settings = settings or Settings()
    logs.configure(settings.log.form)
    problem = installation_problem()
    if problem:
        logger.warning(problem)
    # Bound before the models load, which takes a while: a taken port should not cost that while, nor be lost in it.
    with _bind(host, port) as listening:
        models = Catalogue([Path(path) for path in paths], device=device, careful=True)
        host, port = listening.getsockname()[:2]
        if not (settings.keys or ipaddress.ip_address(host).is_loopback):
            logger.warning(
                "Whoever reaches %s may draw, for there are no keys. See GANZOO_API_KEYS and --api-key-file.", host
            )
        failures: list[BaseException] = []

        def started(error: BaseException | None) -> None:
            if error is None:
                # What is loaded stays: no need to look at it again and again for garbage, of which requests make little.
                gc.collect()
                gc.freeze()
                gc.set_threshold(20_000, 20, 20)
                _announce(models, f"http://{f'[{host}]' if ':' in host else host}:{port}")
            else:
                failures.append(error)
                server.should_exit = True

        config = uvicorn.Config(
            create_app(models, settings, started=started),
            server_header=False,
            access_log=False,
            proxy_headers=settings.proxies is not None,
            forwarded_allow_ips=settings.proxies,
            root_path=settings.root_path,
            log_config=None,
            timeout_graceful_shutdown=settings.drain_s,
            ws="none",
            http=bounded(http_protocol(), _room(settings.connections)),
        )
        server = _Server(config)
        with _signals_end_quietly():
            server.run(sockets=[listening])
        if failures:
            raise failures[0]
    logger.info("Stopped.")


class _Server(uvicorn.Server):
    """uvicorn's, which says in our words that it stops, and for whom too soon."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        connections = self.server_state.connections
        if connections:
            seconds = self.config.timeout_graceful_shutdown
            logger.info("Stopping: open connections, %s, have %s s to end.", len(connections), seconds)
        await super().shutdown(sockets)
        if connections:
            logger.warning("Cut off in the middle of a reply or a request, after '--drain': %s.", len(connections))


def http_protocol() -> type[Any]:
    """Ours; where there is no httptools uvicorn's own, which has neither bounds on a head nor the shortcut."""
    try:
        from ganzoo_serve.http.connection.protocol import Protocol
    except ImportError:  # no httptools for this platform
        return AutoHTTPProtocol
    return Protocol


def _room(connections: int) -> int:
    """How many connections there can be: each is an open file, of which the system may let us have fewer."""
    try:
        import resource
    except ImportError:  # Windows, which has no such limit
        return connections
    wanted = connections + _OTHER_FILES
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now == resource.RLIM_INFINITY or now >= wanted:
        return connections
    now = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (now, most))
    if now < wanted:
        logger.warning("Only %s connections: this system allows a process %s open files.", now - _OTHER_FILES, now)
    return min(connections, max(now - _OTHER_FILES, 1))


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        # A positive number is the system's own; a negative one, from getaddrinfo, has its text with it.
        code = error.errno or 0
        reason = (os.strerror(code) if code > 0 else error.strerror or str(error)).lower()
        raise ServeError(
            f"Cannot listen on {host}:{port}: {reason}.\n"
            "Choose another port with '--port' ('--port 0' takes a free one), or another address with '--host'."
        ) from error


def _announce(models: Catalogue, url: str) -> None:
    for name, model in models.items():
        image, generator = model.generator.metadata.image, model.generator
        where = f"{generator.device}, {model.tuned.grade}"
        facts = f"{image.width}x{image.height}, {where}, {generator.seconds * 1e3:.2f} ms an image"
        logger.info("Model %s@%s (%s): %s/v1/models/%s/images/42.png", name, model.rev, facts, url, name)
    logger.info("Listening on %s (Ctrl-C stops it).", url)


@contextlib.contextmanager
def _signals_end_quietly() -> Iterator[None]:
    """uvicorn stops on a signal and then raises it again, which would end us as killed: ignore that second one."""
    if threading.current_thread() is not threading.main_thread():  # only there can handlers be set, or signals arrive
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
