"""A server of the same stack that answers with the same bytes always: what HTTP alone costs.

``python -m ganzoo_serve.bench.constant`` reads a JSON document from its first argument: for each path the ``headers``
(a list of pairs) and the ``size`` of its body. As by the server, a GET is answered past ASGI, from the connection's callbacks,
and a POST through it.
"""

import json
import socket
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send

from ganzoo_serve.http.connection.shortcut import Shortcut
from ganzoo_serve.http.replies.reply import Headers, Reply
from ganzoo_serve.serving import http_protocol


class Application:
    """An ASGI application that reads a request to its end and answers by its path."""

    def __init__(self, replies: dict[str, dict[str, Any]]) -> None:
        self._replies = {
            path.encode(): Reply(
                200,
                [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply["headers"]],
                body(reply["size"]),
            )
            for path, reply in replies.items()
        }

    def reply(self, path: bytes) -> Reply:
        """What is answered there."""
        return self._replies.get(path) or Reply(404, [(b"content-length", b"0")])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI wants it."""
        if scope["type"] != "http":
            return
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        status, headers, content = self.reply(scope["raw_path"])
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content or b""})


def body(size: int) -> bytes:
    """The bytes it answers with."""
    return b"\x89" * size


class _Ready(Shortcut):
    """A shortcut to a reply that is there already."""

    def __init__(self, reply: Reply, write: Callable[[int, Headers, bytes], None]) -> None:
        self.keep_alive, self.response_complete, self.disconnected = True, False, False
        self._reply, self._write = reply, write

    def start(self) -> None:
        """Answer."""
        self.response_complete = True
        self._write(self._reply.status, self._reply.headers, self._reply.body or b"")


class _Direct:
    """A protocol whose shortcuts lead to the application's replies."""

    app: Application
    url: bytes
    parser: Any
    _reply: Callable[[int, Headers, bytes], None]

    def _find_shortcut(self) -> Shortcut | None:
        if self.parser.get_method() != b"GET":
            return None
        return _Ready(self.app.reply(self.url.partition(b"?")[0]), self._reply)


def configuration(application: Application) -> uvicorn.Config:
    """uvicorn as the server has it, with nothing to log and nobody in between."""
    return uvicorn.Config(
        application,
        server_header=False,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        ws="none",
        lifespan="off",
        http=type("Constant", (_Direct, http_protocol()), {}),
    )


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    host, port = listening.getsockname()
    print(f"Listening on http://{host}:{port}", file=sys.stderr, flush=True)
    uvicorn.Server(configuration(Application(json.loads(sys.argv[1])))).run(sockets=[listening])


if __name__ == "__main__":
    main()
