"""How addresses are written and read: one way to say each thing, so that a picture has one address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import parse_qsl

import numpy as np

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.errors import RequestError
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.models.model import Model
from ganzoo_serve.seeds import MAX_SEED

SEED_PATTERN = "0|[1-9][0-9]{0,15}"
_SEED = re.compile(SEED_PATTERN, re.ASCII)


def parse_seed(text: str, *, loc: tuple[str | int, ...] = ("path", "seed")) -> int:
    """A seed as a URL has it: no sign, no leading zero, so that an image has one address. Raises RequestError."""
    if not _SEED.fullmatch(text) or int(text) > MAX_SEED:
        raise RequestError(f"'{text[:40]}' is not a seed: expected 0 ... {MAX_SEED}.", loc=loc)
    return int(text)


def query_members(text: bytes) -> dict[str, str]:
    """What follows the question mark, by name. Raises RequestError if a name is there twice: either may be meant."""
    members: dict[str, str] = {}
    for name, value in parse_qsl(text.decode("latin-1"), keep_blank_values=True):
        if name in members:
            raise RequestError(f"'{name[:40]}' is there twice: expected it once.", loc=(name[:40],))
        members[name] = value
    return members


def seeds_text(seeds: Sequence[int]) -> str:
    """Seeds as ``asking.parse_seeds`` reads them, rows of them as ranges: ``0-9,20``."""
    rows: list[list[int]] = []
    for seed in seeds:
        if rows and seed == rows[-1][1] + 1:
            rows[-1][1] = seed
        else:
            rows.append([seed, seed])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in rows)


def query_string(drawing: Drawing, index: int = 0) -> str:
    """The canonical query of one image of a drawing, with its question mark if there is any."""
    label = drawing.class_of(index)
    parts = [] if label is None else [f"class={label}"]
    parts += truncation_member(drawing)
    return f"?{'&'.join(parts)}" if parts else ""


def truncation_member(drawing: Drawing) -> list[str]:
    """``truncation=...``, if there is anything to say."""
    if drawing.truncation is None or drawing.truncation == 1.0:
        return []
    # The fewest digits that give back the same float32.
    return [f"truncation={np.float32(drawing.truncation)!s}"]


def pinned_path(visit: Visit, model: Model) -> str:
    """``/v1/models/NAME@REV``, below the prefix a proxy may have set."""
    return f"{visit.root}/v1/models/{model.name}@{model.rev}"
