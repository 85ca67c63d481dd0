"""Headers that name the images of a reply."""

from __future__ import annotations

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.http.requests.address import seeds_text

MOST_NAMED = 2000


def which(drawing: Drawing) -> dict[str, str]:
    """Headers that name the images of a reply, in order: ``X-Ganzoo-Seed: 0-9,20``, as ``parse_seeds`` reads them, and
    ``X-Ganzoo-Class``: an id for each, or one if it is that of all.

    One of more than ``MOST_NAMED`` characters is left out: a proxy has room for a few thousand in all headers.
    """
    headers = {}
    if drawing.seeds is not None:
        headers["X-Ganzoo-Seed"] = seeds_text(drawing.seeds)
    if drawing.labels is not None:
        labels = drawing.labels.tolist()
        headers["X-Ganzoo-Class"] = ",".join(map(str, labels if len(set(labels)) > 1 else labels[:1]))
    return {name: text for name, text in headers.items() if len(text) <= MOST_NAMED}
