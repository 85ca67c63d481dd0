import pytest

from ganzoo import ConfigError, ImageShape
from ganzoo.sizes import ladder


@pytest.mark.parametrize(
    ("sides", "smallest", "expected"),
    [
        ((8, 8), 4, (4, 4, 1)),
        ((32, 32), 4, (4, 4, 3)),
        ((1024, 1024), 4, (4, 4, 8)),
        ((32, 64), 4, (4, 8, 3)),
        ((96, 32), 4, (12, 4, 3)),
        ((48, 48), 6, (6, 6, 3)),
        ((8, 8), 2, (2, 2, 2)),
    ],
)
def test_the_smallest_map_and_the_doublings_make_the_image(sides, smallest, expected):
    found = ladder(ImageShape(3, *sides), "x", smallest=smallest)
    assert found == expected
    assert (found.height << found.doublings, found.width << found.doublings) == sides


@pytest.mark.parametrize(
    ("sides", "smallest", "nearest"),
    [
        ((28, 28), 4, 32),
        ((4, 4), 4, 8),
        ((33, 33), 4, 32),
        ((100, 100), 4, 128),
        ((32, 36), 4, 32),
        ((1, 2), 4, "8x16"),
        ((33, 17), 4, "32x16"),
        ((17, 100), 4, "16x96"),
        ((30, 16), 4, "28x16"),
        ((28, 30), 7, 28),
        ((50, 50), 6, 48),
    ],
)
def test_other_sizes_are_refused_with_the_nearest(sides, smallest, nearest):
    with pytest.raises(
        ConfigError, match=rf"^x cannot make images of {sides[0]}x{sides[1]}(.|\n)*--resolution {nearest}'"
    ):
        ladder(ImageShape(3, *sides), "x", smallest=smallest)
