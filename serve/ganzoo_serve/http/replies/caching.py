"""What a reply may be kept for, and how it is recognised: known before anything is drawn."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import Any

from ganzoo_serve.models.model import Model
from ganzoo_serve.seeds import LATENT_SCHEME

PINNED = b"max-age=31536000, immutable"  # a year
UNPINNED = b"max-age=60, stale-while-revalidate=600"  # another file may take this name tomorrow


def etag(model: Model, drawing: tuple[Any, ...], media_type: str, version: str) -> str:
    """A name for the bytes, from everything they depend on: ``drawing`` is what was asked for, in its canonical form."""
    generator = model.generator
    # Where batch sizes differ in bits there is only one, which is then part of what the pixels depend on; but an image that is
    # drawn alone is the same wherever sizes are used at all.
    size = None if model.tuned.grade == "bitexact" or generator.batch_size == 1 else generator.batch_size
    digest = _begun(generator.sha256, generator.runtime, size, media_type, version).copy()
    digest.update(repr(drawing).encode())
    text = digest.hexdigest()[:32]
    return f'"{text}"' if model.exact else f'W/"{text}"'


@lru_cache(maxsize=256)
def _begun(sha256: str, runtime: str, size: int | None, media_type: str, version: str) -> hashlib._Hash:
    """The hash of what all images of a model in one format have in common."""
    return hashlib.sha256(repr((sha256, LATENT_SCHEME, runtime, size, media_type, version)).encode())


def control(*, pinned: bool, private: bool, seconds: int | None = None) -> bytes:
    """``Cache-Control`` for a reply that never changes if ``pinned``, ``private`` if it took a key to get.

    ``seconds``: how long the address that was signed for it still holds; no cache should know it longer.
    """
    if seconds is not None:
        return b"public, max-age=%d" % min(seconds, 31536000 if pinned else 60)
    return (b"private, " if private else b"public, ") + (PINNED if pinned else UNPINNED)


def matches(if_none_match: str, tag: str) -> bool:
    """Weak comparison (RFC 9110, 13.1.2)."""
    tags = re.findall(r'"[^"]*"', if_none_match)
    return if_none_match.strip() == "*" or tag.removeprefix("W/") in tags
