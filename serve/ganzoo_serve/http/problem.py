"""A refusal, wherever it is found out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganzoo_serve.errors import BusyError, LateError, RequestError, ServeError

Loc = Sequence[str | int]

MOST_FINDINGS = 20  # that anybody would read of one request
_LONGEST = 40  # name of a member


class Problem(ServeError):
    """A refusal with its HTTP status; ``errors`` are (loc, message) pairs, ``headers`` go into the reply.

    ``reason``, of one that is nobody's mistake, is what it is counted as: ``queue`` (full), ``rate`` (of a key), ``deadline``,
    ``unavailable`` or ``connections`` (too many).
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[tuple[Loc, str]] = (),
        headers: Mapping[str, str] | None = None,
        reason: str | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.errors, self.headers, self.reason = status, errors, headers, reason


def from_error(error: ServeError, *, method: str) -> Problem | None:
    """The refusal that an error amounts to; None for one that is nobody's request's fault."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, RequestError):
        inside = () if error.loc[:1] in (("path",), ("body",)) else ("body" if method == "POST" else "query",)
        return Problem(422, str(error), errors=[((*inside, *error.loc), str(error))])
    if isinstance(error, BusyError):
        return Problem(429, str(error), headers={"Retry-After": str(error.retry_s)}, reason="queue")
    if isinstance(error, LateError):
        return Problem(504, str(error), reason="deadline")
    return None


def from_findings(errors: Sequence[Any], *, inside: tuple[str, ...] = (), status: int = 422) -> Problem:
    """What pydantic found, ``inside`` a part of the request, as a sentence to act on and a list.

    Without the input that findings quote, which may be huge, as may be the name of a member.
    """
    found = [
        ((*inside, *(part[:_LONGEST] if isinstance(part, str) else part for part in finding["loc"])), finding["msg"])
        for finding in errors[:MOST_FINDINGS]
    ]
    said = "; ".join(f"{'.'.join(map(str, loc))}: {msg.removesuffix('.')}" for loc, msg in found[:3])
    return Problem(status, said, errors=found)
