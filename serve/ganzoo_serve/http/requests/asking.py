"""What requests for several images have in common: how many, which, in what, on how large a picture."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence

from ganzoo_serve.errors import RequestError, did_you_mean
from ganzoo_serve.generator import Generator
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.images import FORMATS, Format, square_columns
from ganzoo_serve.seeds import MAX_SEED

Loc = tuple[str | int, ...]

_RANGE = re.compile(r"(0|[1-9][0-9]{0,15})(?:-(0|[1-9][0-9]{0,15}))?", re.ASCII)


def check_count(n: int, limits: Limits, *, loc: Loc) -> None:
    """Raise RequestError for more images than one request may have."""
    if n > limits.samples:
        raise RequestError(f"More than {limits.samples} images: expected 1 ... {limits.samples}.", loc=loc)


def check_size(n: int, generator: Generator, limits: Limits) -> None:
    """Raise RequestError for more pixels than one reply may have."""
    image = generator.metadata.image
    most = max(limits.reply_bytes // (image.height * image.width * image.channels), 1)
    if n > most:
        raise RequestError(f"So many images of this size are too much for one reply: at most {most}.")


def row_of_seeds(first: int | None, n: int, *, loc: Loc = ("seed",)) -> list[int]:
    """``n`` seeds in a row from ``first`` on, which is drawn if it is None. Raises RequestError past the last seed."""
    if first is None:
        first = secrets.randbelow(MAX_SEED - n + 2)
    elif first + n - 1 > MAX_SEED:
        raise RequestError(f"seed + n - 1 is over {MAX_SEED}, the last seed.", loc=loc)
    return list(range(first, first + n))


def parse_seeds(text: str, limits: Limits) -> list[int]:
    """Seeds as a URL has them: ``0-63``, ``1,5,7``, ``0-9,20``. Raises RequestError."""
    seeds: list[int] = []
    for part in text.split(","):
        found = _RANGE.fullmatch(part)
        if found is None:
            raise RequestError(
                f"'{part[:40]}' is no seed and no range: expected such as 0-63 or 1,5,7.", loc=("seeds",)
            )
        first, last = int(found[1]), int(found[2] or found[1])
        if not first <= last <= MAX_SEED:
            raise RequestError(f"'{part[:40]}' is no range of seeds in 0 ... {MAX_SEED}.", loc=("seeds",))
        check_count(len(seeds) + last - first + 1, limits, loc=("seeds",))
        seeds += range(first, last + 1)
    return seeds


def format_named(name: str, formats: Sequence[str] = tuple(FORMATS), *, loc: Loc = ("format",)) -> Format:
    """The encoder of that name. Raises RequestError with the nearest names."""
    if name not in formats:
        hint = did_you_mean(name, formats) or f" Expected one of {', '.join(formats)}."
        raise RequestError(f"There is no format '{name[:40]}'.{hint}", loc=loc)
    return FORMATS[name]


def no_format(extension: str, known: Iterable[str]) -> Problem:
    """The refusal of an extension that an address does not have."""
    return Problem(406, f"There is no format '{extension[:40]}': expected one of {', '.join(known)}.")


def grid_columns(columns: int | None, generator: Generator, n: int, limits: Limits) -> int:
    """The columns of a grid of ``n`` images, nearly square if not said. Raises RequestError if it would be too large."""
    columns = min(columns or square_columns(n), n)
    image = generator.metadata.image
    width, height = columns * image.width, -(-n // columns) * image.height
    if max(width, height) > limits.grid_side:
        raise RequestError(
            f"The grid would be {width} x {height} pixels: expected at most {limits.grid_side} a side.",
            loc=("columns",),
        )
    return columns
