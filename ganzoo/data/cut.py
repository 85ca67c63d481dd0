"""What is lost where images become squares because nobody asked for another shape."""

from __future__ import annotations

from ganzoo.resolution import LARGEST_SIDE, Size

QUARTERS = 4  # of the shorter side: the longer ones that every ladder of halvings has


def remark(number: int, cut_from: Size | None, square: Size) -> str:
    """A sentence on ``number`` images that measured ``cut_from`` in the median; empty for such as are nearly squares."""
    if cut_from is None:
        return ""
    side, short = min(square), min(cut_from)
    quarters = min(round(QUARTERS * max(cut_from) / short), QUARTERS * LARGEST_SIDE // side)
    if quarters <= QUARTERS:
        return ""
    longer = side * quarters // QUARTERS
    better = Size(longer, side) if cut_from.height > cut_from.width else Size(side, longer)
    kept = "keep them whole" if longer * short == side * max(cut_from) else "keep more of them"
    return (
        f"{number:,} images of {cut_from.height}x{cut_from.width} (in the median), cut to {square.height}x{square.width}; "
        f"{kept} with '--resolution {better}'."
    )
