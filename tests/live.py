"""A server in a thread, for tests that need real connections."""

import contextlib
import socket
import threading
import time

import uvicorn

from ganzoo_serve import serving
from ganzoo_serve.http.app import create_app
from ganzoo_serve.http.connection.crowd import bounded


class Gate:
    """A model draws only while it is open."""

    def __init__(self, generator, monkeypatch):
        self.opened, self.drawn = threading.Event(), []
        self.opened.set()
        self.open, self.close = self.opened.set, self.opened.clear
        run = generator.run_checked

        def wait_and_run(z, *rest):
            self.opened.wait(20)
            self.drawn.append(len(z))
            return run(z, *rest)

        monkeypatch.setattr(generator, "run_checked", wait_and_run)


class Live:
    """A server as ``ganzoo serve`` sets it up, with room for ``connections``.

    Without ``shortcut`` requests for images come through ASGI, as all others do: as behind a proxy.
    """

    def __init__(self, catalogue, settings, *, shortcut=True, gate=None, drain_s=None, connections=1024):
        self.catalogue, self.gate = catalogue, gate
        self.app = create_app(catalogue, settings)
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = self.listening.getsockname()
        self.url = "http://{}:{}".format(*self.address)
        config = uvicorn.Config(
            self.app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            http=bounded(serving.http_protocol(), connections),
            proxy_headers=not shortcut,
            timeout_graceful_shutdown=drain_s,
            timeout_keep_alive=60,  # of idle connections, so that a slow machine closes none in the middle of a test
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]})

    def __enter__(self):
        self.thread.start()
        until(lambda: self.server.started or not self.thread.is_alive(), 60)
        assert self.server.started
        return self

    def __exit__(self, *_):
        if self.gate is not None:
            self.gate.open()
        self.server.should_exit = True
        self.thread.join(20)

    def waiting(self, name="plain"):
        """Images of a model that wait."""
        return self.app.server.engine.waiting(self.catalogue[name].generator)

    def connect(self):
        """A connection."""
        return socket.create_connection(self.address, timeout=10)


def request(path, *headers, method="GET", body=b""):
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *headers]
    if body:
        lines += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def read_all(connection):
    """What comes until the server closes the connection."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def until(condition, seconds=10):
    """Wait for it."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
