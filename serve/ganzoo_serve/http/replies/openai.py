"""How OpenAI's clients want to hear that something is wrong."""

from collections.abc import Sequence
from typing import Any

PATH = "/v1/images/generations"

_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def status(status: int) -> int:
    """The status, of which they know no 422: all that is wrong with a request is 400."""
    return 400 if status == 422 else status


def document(message: str, status: int, errors: Sequence[tuple[Sequence[str | int], str]]) -> dict[str, Any]:
    """The body: ``param`` is the first member that is wrong."""
    param = "model" if status == 404 else None
    if errors and list(errors[0][0][:1]) == ["body"]:
        param = str(errors[0][0][1]) if len(errors[0][0]) > 1 else None
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    code = _CODES.get(status, "invalid_value" if param is not None else None)
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
