"""Which images show what a generator can do: the same in previews and on cards."""

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

COLUMNS = 8
MOST_CLASSES = 16


def showcase(num_classes: int) -> tuple[list[int], list[int] | None]:
    """Seeds, and their classes if there are any, of a grid of 8 columns: seeds 0 ... 63, or a row of 0 ... 7 for each class."""
    if not num_classes:
        return list(range(8 * COLUMNS)), None
    rows = range(min(num_classes, MOST_CLASSES))
    return [seed for _ in rows for seed in range(COLUMNS)], [label for label in rows for _ in range(COLUMNS)]


def thinned(items: Sequence[T], most: int) -> list[T]:
    """All items, or of more than ``most`` (2 and more) as many evenly spaced, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(i * (len(items) - 1) / (most - 1))] for i in range(most)]
