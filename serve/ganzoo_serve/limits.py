"""What one server lets one request, and all of them together, ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The fields say what each bounds; all can be set by whoever makes the application."""

    samples: int = 256  # in one request
    grid_side: int = 4096  # pixels
    reply_bytes: int = 2**28  # of raw pixels in one reply, before encoding
    body_bytes: int = 2**20  # of a request
    waiting: int = 1024  # samples let in and not finished, over all requests; beyond that 429
    deadline_s: float = 30.0  # from request to reply; beyond that 504
