"""Which sizes of image a ladder of halvings can make, and how wide its maps are. Imports no torch."""

from __future__ import annotations

from math import ceil
from typing import NamedTuple

from ganzoo.errors import ConfigError
from ganzoo.resolution import Size
from ganzoo.specs import ImageShape


class Ladder(NamedTuple):
    """From the smallest feature map, ``height`` x ``width``, to the image in ``doublings``."""

    height: int
    width: int
    doublings: int


def ladder(image_shape: ImageShape, name: str, *, smallest: int = 4) -> Ladder:
    """The ladder whose smallest map has ``smallest`` places along the shorter side.

    Raises ConfigError, in the name of the architecture ``name``, unless the shorter side is ``smallest`` times a power of two
    (from 2), and the longer one a multiple of that power.
    """
    _, height, width = image_shape
    short = min(height, width)
    factor, rest = divmod(short, smallest)
    if not rest and factor >= 2 and factor.bit_count() == 1 and height % factor == 0 and width % factor == 0:
        return Ladder(height // factor, width // factor, factor.bit_length() - 1)

    def near(side: int) -> Size:
        """The size whose shorter side that is, and the longer one as near to this shape as the ladder has it."""
        factor = side // smallest
        longer = max(side, factor * ceil(side * max(height, width) / short / factor - 0.5))
        return Size(longer, side) if height > width else Size(side, longer)

    sides = ", ".join(str(smallest << doublings) for doublings in (1, 2, 3))
    below = 2 * smallest
    while 2 * below <= short:
        below *= 2
    nearest = near(min((below, 2 * below), key=lambda side: abs(side - short)))
    raise ConfigError(
        f"{name} cannot make images of {height}x{width}: expected a shorter side of {sides} ..., and a longer one that can be "
        f"halved as often.\nThe nearest is '--resolution {nearest}'."
    )


def longest_ladder(image_shape: ImageShape, name: str) -> Ladder:
    """The ladder whose smallest map has 4 ... 7 places along the shorter side: 4 for 32 pixels, 6 for 48, 7 for 28.

    Raises ConfigError, in the name of the architecture ``name``, for an image that does not come from so few by doubling.
    """
    smallest = min(image_shape.height, image_shape.width)
    while smallest > 7 and smallest % 2 == 0:
        smallest //= 2
    return ladder(image_shape, name, smallest=smallest if 4 <= smallest <= 7 else 4)


def doubling_widths(narrowest: int, count: int, widest: int) -> list[int]:
    """Channels of ``count`` maps, from the image's side on: twice as many with each halving, at most ``widest``."""
    return [min(narrowest * 2**level, widest) for level in range(count)]
