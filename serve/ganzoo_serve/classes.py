"""A class as people give it, by id or by name."""

import re
from collections.abc import Sequence

import numpy as np

from ganzoo_serve.errors import RequestError, did_you_mean


def resolve(
    value: int | str, names: Sequence[str] | None, *, model: str, loc: tuple[str | int, ...] = ("class",)
) -> int:
    """The id of ``value`` among ``names`` (None: the model has no classes).

    A string of digits is an id even if a class has such a name, so that an id read from one reply always works in the
    next request. Otherwise the exact name wins, then the only name that differs by case alone. Raises RequestError.
    """
    if names is None:
        raise RequestError(f"Model '{model}' has no classes: leave the class out.", loc=loc)
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{1,18}", value):
        return _by_name(value, names, model=model, loc=loc)
    if isinstance(value, bool) or not isinstance(value, int | str | np.integer):
        raise RequestError(f"A class is an id or a name, not {type(value).__name__}.", loc=loc)
    class_id = int(value)
    if not 0 <= class_id < len(names):
        raise RequestError(
            f"Class {_short(value)} is out of range: model '{model}' has 0 ... {len(names) - 1}.", loc=loc
        )
    return class_id


def _by_name(value: str, names: Sequence[str], *, model: str, loc: tuple[str | int, ...]) -> int:
    if value in names:
        return names.index(value)
    folded = [index for index, name in enumerate(names) if name.casefold() == value.casefold()]
    if len(folded) == 1:
        return folded[0]
    hint = did_you_mean(value, names) or f" It has {', '.join(names[:10])}{' ...' if len(names) > 10 else ''}."
    raise RequestError(f"Model '{model}' has no class {_short(value)!r}.{hint}", loc=loc)


def _short(value: int | str) -> str:
    text = value if isinstance(value, str) else f"{value:d}" if abs(value) < 10**30 else "with more than 30 digits"
    return text if len(text) <= 60 else f"{text[:60]}..."
