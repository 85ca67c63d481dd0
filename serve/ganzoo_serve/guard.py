"""The outermost layer: headers for every reply, and nothing of an unexpected failure but its number."""

import logging
import uuid

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ganzoo_serve.problems import problem_response

logger = logging.getLogger(__name__)

# Nothing we send but the page and /docs, which set their own, has any business loading something.
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}


class Guard:
    """ASGI middleware. A failure is logged with its traceback and an id; the client gets 500 and the id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def send_guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, send_guarded)
        except ClientDisconnect:
            logger.info("The client left in the middle of %s %s", scope["method"], scope["path"])
        except Exception:
            failure = uuid.uuid4()
            logger.exception("Failure %s in %s %s", failure, scope["method"], scope["path"])
            if started:
                raise  # too late for a status: let the server cut the connection
            detail = f"Something failed here. The server's log has it as {failure}."
            await problem_response(500, detail, instance=failure.urn)(scope, receive, send_guarded)
