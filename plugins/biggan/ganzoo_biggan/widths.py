"""How wide BigGAN is at each resolution, and where attention is. Imports no torch."""

from ganzoo.layers import attended_side
from ganzoo.sizes import Ladder

# From the smallest map to the image, in multiples of ch, by the number of doublings between them.
MULTIPLES = {4: (16, 8, 4, 2, 1), 5: (16, 16, 8, 4, 2, 1), 6: (16, 16, 8, 8, 4, 2, 1)}
NARROW = 4  # times ch everywhere, up to 32 pixels


def multiples(doublings: int) -> tuple[int, ...]:
    """Channels in multiples of ch: those of the smallest map, then after each of the generator's ``doublings``.

    The discriminator has the same ones backwards. Source: tables 4 to 9 of arXiv:1809.11096 for 128, 256 and 512 pixels, beyond
    which ch goes on; for 32 and for 64, which the paper does not have, ajbrock/BigGAN-PyTorch and the generator of
    POSTECH-CVLab/PyTorch-StudioGAN. Below 32 as at 32.
    """
    if doublings < min(MULTIPLES):
        return (NARROW,) * (doublings + 1)
    largest = max(MULTIPLES)
    return MULTIPLES[min(doublings, largest)] + (1,) * max(doublings - largest, 0)


def times_halved(doublings: int) -> int:
    """How often the discriminator halves an image: as often as the generator doubles, and once less up to 32 pixels.

    That is so in the authors' code, which sees 8x8 maps last at 32 pixels.
    """
    return doublings if doublings >= min(MULTIPLES) else max(doublings - 1, 1)


def sides_up(ladder: Ladder) -> list[int]:
    """The shorter side, in pixels, of what each of the generator's doublings is given."""
    smallest = min(ladder.height, ladder.width)
    return [smallest << stage for stage in range(ladder.doublings)]


def sides_down(ladder: Ladder) -> list[int]:
    """The shorter side, in pixels, of what each of the discriminator's halvings leaves."""
    image = min(ladder.height, ladder.width) << ladder.doublings
    return [image >> stage for stage in range(1, times_halved(ladder.doublings) + 1)]


def where_attention_is(name: str, attention_at: int, ladder: Ladder) -> int | None:
    """The shorter side of the maps that have it, in pixels; None: nowhere. Raises ConfigError if it finds no place."""
    return attended_side(name, attention_at, set(sides_up(ladder)) & set(sides_down(ladder)))


def parts_of(z_dim: int, places: int) -> list[int]:
    """z_dim latents divided among so many places, as evenly as can be, the first ones getting the rest."""
    each, rest = divmod(z_dim, places)
    return [each + (place < rest) for place in range(places)]
