"""What one server lets one request, and all of them together, ask for."""

from __future__ import annotations

from dataclasses import dataclass

from ganzoo_serve.errors import ServeError, did_you_mean

MOST_LATENT = 100.0  # no distribution gets there, and a network may not come back from there
MOST_SAMPLES = 4096  # in one request of any server: what is wrong with a list of so many is found out item by item


@dataclass(frozen=True)
class Limits:
    """The fields say what each bounds; all can be set by whoever makes the application.

    Raises ServeError for more than ``MOST_SAMPLES`` in one request.
    """

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

    @classmethod
    def of(cls, *, max_images: int, queue: int, deadline_s: float, cache_mb: int, **by_name: int) -> Limits:
        """From what options and arguments are called; ``by_name`` are some of ``NAMED``."""
        return cls(samples=max_images, waiting=queue, deadline_s=deadline_s, cache_bytes=cache_mb * 2**20, **by_name)

    def __post_init__(self) -> None:
        if not 1 <= self.samples <= MOST_SAMPLES:
            raise ServeError(f"{self.samples} images in one request: expected a number in 1 ... {MOST_SAMPLES}.")


# What has no option of its own, and is set by its name.
NAMED = ("steps", "grid_side", "reply_bytes", "body_bytes", "tensor_bytes", "json_depth", "url_bytes")
_LEAST = {"steps": 2}
_MOST = {"grid_side": 16383, "json_depth": 500}  # WebP has no more pixels; Python reads no deeper


def named(text: str) -> tuple[str, int]:
    """One of ``NAMED`` as it is given, ``steps=64``. Raises ServeError with the nearest names, or what is expected."""
    name, _, value = text.partition("=")
    if name not in NAMED:
        raise ServeError(f"'{name}' is no limit.{did_you_mean(name, NAMED)} Expected one of {', '.join(NAMED)}.")
    least, most = _LEAST.get(name, 1), _MOST.get(name, 2**53)
    if not (value.isascii() and value.isdecimal() and len(value) < 20 and least <= int(value) <= most):
        raise ServeError(f"{name} is '{value}': expected a number in {least} ... {most}.")
    return name, int(value)
