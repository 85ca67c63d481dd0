import pytest
import torch

from ganzoo.training.pixels import GROUPS, NEIGHBOURS, group_centres, likeness, small


@pytest.fixture
def modes():
    """``modes(counts)``: that many points around each of as many places, far apart, in random order; (N, 2)."""
    random = torch.Generator().manual_seed(0)

    def draw(*counts):
        places = torch.cat([torch.tensor([[10.0 * k, 0.0]]).expand(n, 2) for k, n in enumerate(counts)])
        order = torch.randperm(len(places), generator=random)
        return places[order] + torch.randn(len(places), 2, generator=random)

    return draw


def values(real, fake, labels=None):
    return {name.removeprefix("pixel_"): value.item() for name, value in likeness(real, fake, labels).items()}


def test_the_data_themselves_are_as_diverse_near_and_complete_as_can_be(modes):
    points = modes(64, 64, 64, 64)
    assert values(points, points.flip(0)) == {"diversity": 1.0, "coverage": 1.0, "precision": 1.0, "reach": 1.0}


def test_new_points_of_the_data_cover_all_but_a_thirtysecond(modes):
    new = values(modes(256, 256), modes(256, 256))
    assert new["coverage"] == pytest.approx(1 - 2**-NEIGHBOURS, abs=0.02)
    assert new["diversity"] == pytest.approx(1, abs=0.02)
    assert new["reach"] == pytest.approx(1, abs=0.06)


@pytest.mark.parametrize("far", [0.0, 1000.0])
def test_a_constant_generator_has_no_diversity(modes, far):
    real = modes(64, 64, 64, 64)
    constant = values(real, (real[:1] + far).expand(256, 2))
    assert constant["diversity"] == 0
    assert constant["coverage"] <= 0.1
    assert constant["precision"] == (far == 0)
    assert constant["reach"] <= 0.25


@pytest.mark.parametrize(
    ("counts", "share"), [((64, 64, 64, 64), 1.0), ((128, 128, 0, 0), 0.5), ((256, 0, 0, 0), 0.25)]
)
def test_reach_is_the_share_of_the_data_in_modes_that_are_made(modes, counts, share):
    assert values(modes(64, 64, 64, 64), modes(*counts))["reach"] == pytest.approx(share, abs=0.07)


def test_a_rare_mode_counts_for_as_much_as_there_is_of_it(modes):
    assert values(modes(200, 56), modes(256, 0))["reach"] == pytest.approx(200 / 256, abs=0.07)


def test_a_mode_that_is_hardly_made_is_not_reached(modes):
    real = modes(128, 128)
    assert values(real, modes(250, 6))["reach"] < 0.6
    assert values(real, modes(160, 96))["reach"] > 0.9


def test_diversity_is_within_classes_where_there_are_classes(modes):
    """A point for each class: different from each other, and alike in each."""
    real, labels = torch.cat([modes(64) + 10 * k for k in range(4)]), torch.arange(4).repeat_interleave(64)
    fake = 10.0 * labels[:, None].expand(256, 2).float()
    assert values(real, fake)["diversity"] > 0.9
    assert values(real, fake, labels)["diversity"] == 0
    assert values(real, real.flip(0), labels.flip(0))["diversity"] == pytest.approx(1)


def test_it_does_not_matter_where_the_data_lie(modes):
    real, fake = modes(64, 64), modes(96, 32)
    assert values(real + 1000, fake + 1000) == pytest.approx(values(real, fake), abs=0.01)


def test_few_images_make_few_groups(modes):
    for count in (1, 2, 5, 20):
        points = modes(count)
        assert values(points, points)["reach"] == 1


def test_groups_are_those_that_points_come_in(modes):
    centres = group_centres(modes(*[16] * 8), 8)
    torch.testing.assert_close(centres[:, 0].sort().values, 10.0 * torch.arange(8), rtol=0, atol=0.8)


def test_groups_of_equal_points_are_no_trouble():
    centres = group_centres(torch.ones(GROUPS, 3), 4)
    torch.testing.assert_close(centres, torch.ones(4, 3))


def test_images_are_averaged_to_32_pixels_and_never_enlarged():
    assert small(torch.zeros(2, 3, 64, 48)).shape == (2, 3 * 32 * 32)
    assert small(torch.zeros(2, 1, 1, 2)).shape == (2, 2)
    checked = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat(32, 32)[None, None]
    torch.testing.assert_close(small(checked), torch.full((1, 1024), 0.5))
