"""Who may ask, and how much: API keys, and addresses that were signed for somebody without one."""

from __future__ import annotations

import hashlib
import hmac
import math
import os
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode

from ganzoo_serve.errors import ServeError
from ganzoo_serve.http import page
from ganzoo_serve.http.problem import Problem

_DAY_S = 86_400.0
_EXPIRY = re.compile(r"[0-9]{1,15}", re.ASCII)
_SIGNED = re.compile(rb"(?:^|&)sig=")

# The probes of a supervisor, which has no key; and the pages, since a browser that opens one sends no key, and they ask for
# it. They say nothing of the models: what /openapi.json holds is in every copy of this package.
PROBES = frozenset({"/livez", "/readyz", "/v2/health/live", "/v2/health/ready"})
DOCS = frozenset({"/docs", "/docs/start.js", "/docs/swagger-ui.js", "/docs/swagger-ui.css", "/openapi.json"})
OPEN = PROBES | DOCS | page.OPEN


def keys_in_environment() -> list[str]:
    """``GANZOO_API_KEYS``: keys, separated by commas or blanks. Raises ServeError if it is set and holds none."""
    given = os.environ.get("GANZOO_API_KEYS", "")
    keys = given.replace(",", " ").split()
    if given and not keys:  # somebody meant to lock the door
        raise ServeError("GANZOO_API_KEYS is set, and holds no key. Expected some, separated by commas; or unset it.")
    return keys


def signer_in_environment() -> Signer | None:
    """``GANZOO_SIGNING_SECRET``: what addresses are signed with."""
    secret = os.environ.get("GANZOO_SIGNING_SECRET", "")
    return Signer(secret) if secret else None


@dataclass(slots=True)
class Allowance:
    """What one key may have: a bucket that fills by ``rate`` images a second up to ``burst``. Drawing empties it, below zero
    if need be. A ``rate`` of 0 is no bound.
    """

    rate: float
    burst: float
    clock: Callable[[], float] = time.monotonic
    left: float = field(init=False)
    filled: float = field(init=False)

    def __post_init__(self) -> None:
        self.left, self.filled = self.burst, -math.inf

    def charge(self, images: int) -> None:
        """Take so many out. Raises Problem 429 if there have been too many lately."""
        wait = self.spend(images, self.clock()) if self.rate else 0.0
        if wait > 0:
            seconds = math.ceil(min(wait, _DAY_S))
            raise Problem(
                429,
                f"This key has had its {self.rate:g} images a second. Try again in {seconds} s.",
                headers={"Retry-After": str(seconds)},
                reason="rate",
            )

    def refund(self, images: int) -> None:
        """Put so many back."""
        self.left += images

    def spend(self, images: int, now: float) -> float:
        """Take so many out; returns 0, or the seconds until that may be asked again, and then takes nothing.

        A request larger than the bucket passes when it is full, and those after it wait until the debt is filled.
        """
        self.left = min(self.burst, self.left + (now - self.filled) * self.rate)
        self.filled = now
        needed = min(images, self.burst)
        if self.left < needed:
            return (needed - self.left) / self.rate
        self.left -= images
        return 0.0


class Keys:
    """The keys that are let in; without any, everybody is. ``rate``: images a second for each key, 0 for no bound."""

    def __init__(
        self, keys: Iterable[str] = (), *, rate: float = 0.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        def allowance() -> Allowance:
            return Allowance(rate, max(rate, 1.0), clock)

        # Hashes: of equal length for the comparison, and nothing to read in a dump of the memory.
        self._allowances = {_digest(key.encode()): allowance() for key in keys if key}
        self.signed = allowance()  # of all who come with signed addresses together

    def __bool__(self) -> bool:
        return bool(self._allowances)

    def find(self, headers: Mapping[bytes, bytes]) -> Allowance | None:
        """The allowance of the key that a request has with it; None without a valid one."""
        given = key_in(headers)
        if given is None:
            return None
        digest = _digest(given)
        found = [allowance for known, allowance in self._allowances.items() if hmac.compare_digest(digest, known)]
        return found[0] if found else None


def key_in(headers: Mapping[bytes, bytes]) -> bytes | None:
    """What is given as a key: ``Authorization: Bearer KEY`` or ``X-API-Key: KEY``."""
    bearer = headers.get(b"authorization", b"")
    return bearer[7:].strip() if bearer[:7].lower() == b"bearer " else headers.get(b"x-api-key")


def _digest(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


class Signer:
    """Makes and checks ``?exp=...&sig=...``: HMAC-SHA256 of method-less canonical path and query, until ``exp``.

    Canonical: the path as it is asked for, the query's other members sorted by name. ``exp`` is in seconds since 1970.
    """

    def __init__(self, secret: str, *, clock: Callable[[], float] = time.time) -> None:
        self._secret, self._clock = secret.encode(), clock

    def sign(self, path: str, query: str = "", *, expires: int) -> str:
        """The whole address: ``path`` with its query, expiry and signature."""
        members = [*_members(query), ("exp", str(expires))]
        return f"{path}?{urlencode([*members, ('sig', self._signature(path, members))])}"

    def check(self, path: str, query: str) -> tuple[str, int]:
        """The query without expiry and signature, and the seconds left. Raises Problem 403: not as signed, or late."""
        members = _members(query)
        given = [value for name, value in members if name == "sig"]
        rest = [(name, value) for name, value in members if name != "sig"]
        expires = [value for name, value in rest if name == "exp"]
        if len(given) != 1 or not hmac.compare_digest(given[0].encode(), self._signature(path, rest).encode()):
            raise Problem(403, "This address is not as it was signed.")
        if len(expires) != 1 or not _EXPIRY.fullmatch(expires[0]) or int(expires[0]) < self._clock():
            raise Problem(403, "This address has expired.")
        kept = urlencode([(name, value) for name, value in rest if name != "exp"])
        return kept, int(int(expires[0]) - self._clock())

    @staticmethod
    def signed(query: bytes) -> bool:
        """Whether a query says that it is."""
        return _SIGNED.search(query) is not None

    def _signature(self, path: str, members: list[tuple[str, str]]) -> str:
        text = f"{path}?{urlencode(sorted(members))}"
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _members(query: str) -> list[tuple[str, str]]:
    return parse_qsl(query, keep_blank_values=True)
