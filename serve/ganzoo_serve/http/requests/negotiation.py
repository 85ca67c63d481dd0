"""Which format a client would rather have (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def choose(accept: str, offers: Sequence[tuple[str, T]]) -> T | None:
    """What is offered under the media type that ``accept`` likes best, the first of equals; None if it likes none.

    ``offers``: pairs of a media type and what it stands for. An empty header accepts anything.
    """
    wishes = [_wish(part) for part in accept.split(",")[:64]] if accept.strip() else [("*/*", 1.0)]
    best, best_quality = None, 0.0
    for media_type, offer in offers:
        quality = _quality(media_type, wishes)
        if quality > best_quality:
            best, best_quality = offer, quality
    return best


def _wish(part: str) -> tuple[str, float]:
    media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((text[2:] for text in parameters if text.startswith("q=")), "1")
    try:
        return media_range, min(max(float(quality), 0.0), 1.0)
    except ValueError:
        return media_range, 0.0


def _quality(media_type: str, wishes: Sequence[tuple[str, float]]) -> float:
    """Of the most specific range that fits."""
    for media_range in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
        for wish, quality in wishes:
            if wish == media_range:
                return quality
    return 0.0
