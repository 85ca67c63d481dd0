"""What is asked, and what came of it."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

_RETRY_AFTER = re.compile(rb"\r\nretry-after: *([^\r]*)")
NO_REPLY = 0  # in place of a status: the connection ended, or time was up


@dataclass(frozen=True)
class Ask:
    """A kind of request: ``build(seed)`` gives its bytes, ``images`` how many it asks for, from that seed on.

    The body of a 200 begins with ``begins``, ends with ``ends`` and, if ``size`` is known, is so long: enough to see in passing
    that it is whole. Its pixels are looked at afterwards, in some of them.
    """

    build: Callable[[int], bytes]
    images: int = 1
    begins: bytes = b""
    ends: bytes = b""
    size: int | None = None
    status: int = 200

    def fits(self, body: bytes) -> bool:
        return body.startswith(self.begins) and body.endswith(self.ends) and self.size in (None, len(body))


@dataclass
class Tally:
    """Replies of one measurement. ``latencies`` are seconds of the good ones, ``lateness`` how late a request went out.

    ``bodies`` holds some bodies by the first seed they were asked for with. ``wrong`` counts bodies that do not fit.
    """

    ask: Ask
    keep: int = 8
    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    lateness: list[float] = field(default_factory=list)
    retry_after: Counter[str] = field(default_factory=Counter)
    bodies: dict[int, bytes] = field(default_factory=dict)
    wrong: int = 0
    replies: int = 0

    def note(self, seed: int, latency: float, status: int, head: bytes, body: bytes) -> None:
        self.replies += 1
        self.statuses[status] += 1
        if status == self.ask.status:
            if not self.ask.fits(body):
                self.wrong += 1
                return
            self.latencies.append(latency)
            if len(self.bodies) < self.keep:
                self.bodies[seed] = body
        else:
            found = _RETRY_AFTER.search(head)
            if found:
                self.retry_after[found[1].decode("latin-1")] += 1

    @property
    def good(self) -> int:
        """Replies as they should be."""
        return len(self.latencies)

    @property
    def failed(self) -> int:
        """All others: refused, failed, wrong or missing."""
        return self.replies - self.good

    @property
    def requests_per_s(self) -> float:
        return self.good / self.seconds if self.seconds else 0.0

    @property
    def images_per_s(self) -> float:
        return self.requests_per_s * self.ask.images

    def percentile(self, q: float) -> float:
        """Seconds that ``q`` percent of the good replies took at most; NaN without any."""
        return float(np.percentile(self.latencies, q)) if self.latencies else float("nan")
