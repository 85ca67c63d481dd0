"""What every reply has, whatever it answers."""

from __future__ import annotations

from starlette.types import Message, Send

from ganzoo_serve.http.replies.reply import Headers
from ganzoo_serve.http.requests.visit import Visit

IMAGE = "image"  # the route of single images

# Nothing we send but the pages, which set their own, has any business loading something.
_POLICY = b"content-security-policy"
_NOSNIFF = (b"x-content-type-options", b"nosniff")
_STRICT = [(_POLICY, b"default-src 'none'; frame-ancestors 'none'"), (b"referrer-policy", b"no-referrer")]


def complete(visit: Visit, headers: Headers) -> Headers:
    """The headers of the reply to a visit, with what every reply has."""
    completed = [*headers, _NOSNIFF, (b"x-request-id", visit.request_id.encode())]
    if visit.trace is not None:
        completed.append((b"traceparent", visit.fields[b"traceparent"]))
    # A picture loads nothing, whatever it is allowed.
    if visit.route != IMAGE and not any(name == _POLICY for name, _ in headers):
        completed += _STRICT
    return completed


def through(visit: Visit, send: Send) -> Send:
    """``send``, with each reply completed and counted."""

    async def completed(message: Message) -> None:
        if message["type"] == "http.response.start":
            visit.status = message["status"]
            message = {**message, "headers": complete(visit, list(message.get("headers", ())))}
        else:
            visit.sent += len(message.get("body", b""))
        await send(message)

    return completed
