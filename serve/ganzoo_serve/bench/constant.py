"""A server of the same stack that answers with the same bytes always: what HTTP alone costs.

``python -m ganzoo_serve.bench.constant`` reads a JSON document from its first argument: for each path the ``headers``
(a list of pairs) and the ``size`` of its body.
"""

import json
import socket
import sys
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send


def application(replies: dict[str, dict[str, Any]]) -> ASGIApp:
    """An ASGI application that reads a request to its end and answers by its path."""
    prepared = {
        path: (
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply["headers"]],
            },
            {"type": "http.response.body", "body": body(reply["size"])},
        )
        for path, reply in replies.items()
    }
    missing = ({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]},
               {"type": "http.response.body", "body": b""})  # fmt: skip

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if scope["method"] == "POST":
            while (await receive()).get("more_body"):
                pass
        head, content = prepared.get(scope["path"], missing)
        await send(dict(head))  # what is handed over may be changed
        await send(dict(content))

    return app


def body(size: int) -> bytes:
    """The bytes it answers with."""
    return b"\x89" * size


def main() -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    host, port = listening.getsockname()
    print(f"Listening on http://{host}:{port}", file=sys.stderr, flush=True)
    config = uvicorn.Config(
        application(json.loads(sys.argv[1])),
        server_header=False,
        log_config=None,
        access_log=False,
        ws="none",
        lifespan="off",
    )
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
