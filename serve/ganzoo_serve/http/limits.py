"""What one server lets one request, and all of them together, ask for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """The fields say what each bounds; all can be set by whoever makes the application."""

    samples: int = 256  # in one request
    steps: int = 256  # of an interpolation
    grid_side: int = 4096  # pixels
    reply_bytes: int = 2**28  # of raw pixels in one reply, before encoding
    body_bytes: int = 2**20  # of a JSON request
    tensor_bytes: int = 2**26  # of a request with tensors
    json_depth: int = 32
    url_bytes: int = 8192  # path and query
    waiting: int = 1024  # samples of one model that may wait; beyond that 429
    deadline_s: float = 30.0  # until the last sample of a request is begun; beyond that 504
    cache_bytes: int = 0  # of encoded images kept in memory; 0 keeps none
