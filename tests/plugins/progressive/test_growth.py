"""Stages, fading and the schedule: figure 2 and appendix A.1 of the paper."""

import pytest
import torch

from ganzoo_progressive.growth import Progressive, larger, smaller

LEVELS = [0, 0.5, 1, 1.25, 2]


class Bare(Progressive):
    """Nothing but the schedule."""


def mean_of_squares(x, factor):
    """Each pixel becomes the mean of the square of ``factor`` pixels that it lies in, one after the other."""
    found = torch.empty_like(x)
    for row in range(0, x.shape[2], factor):
        for column in range(0, x.shape[3], factor):
            square = slice(row, row + factor), slice(column, column + factor)
            found[:, :, *square] = x[:, :, *square].mean((2, 3), keepdim=True)
    return found


@pytest.mark.parametrize(
    ("kimg", "level"),
    [(0, 0), (0.6, 0), (0.75, 0.5), (0.9, 1), (1.5, 1), (1.65, 1.5), (1.8, 2), (2.4, 2), (5000, 2)],
)
def test_each_stage_is_trained_alone_and_then_the_next_fades_in(ask, kimg, level):
    network = Bare(ask(phase_kimg=0.6, fade_kimg=0.3))
    network.grow(round(1000 * kimg))
    assert network.level.item() == pytest.approx(level, abs=2**-16)


@pytest.mark.parametrize(("phase", "fade", "found"), [(0.5, 0, [0, 1, 2, 2]), (0, 0.5, [0.5, 1.5, 2, 2])])
def test_either_part_of_the_schedule_can_be_left_out(ask, phase, fade, found):
    network = Bare(ask(phase_kimg=phase, fade_kimg=fade))
    for nimg, level in zip((250, 750, 1250, 1750), found, strict=True):
        network.grow(nimg)
        assert network.level.item() == level


def test_without_a_schedule_a_network_is_full_grown_from_the_start(ask):
    network = Bare(ask(phase_kimg=0, fade_kimg=0))
    network.grow(0)
    assert (network.stage, network.fading, network.first) == (2, False, 2)


@pytest.mark.parametrize(("level", "factor"), [(0, 4), (0.5, 2), (1, 2), (1.5, 1), (2, 1)])
def test_images_of_a_stage_are_as_coarse_as_the_stage_is(pair, z, level, factor):
    G, _ = pair()
    G.stand(level)
    images = G(z)
    torch.testing.assert_close(images, mean_of_squares(images, factor))
    assert not torch.allclose(images, mean_of_squares(images, 2 * factor), atol=1e-3)


@pytest.mark.parametrize("level", [0.25, 1.5])
def test_while_a_stage_fades_in_an_image_is_a_blend_of_both(pair, z, level):
    G, _ = pair()
    found = []
    for at in (int(level), int(level) + 1, level):
        G.stand(at)
        found.append(G(z))
    old, new, between = found
    share = level - int(level)
    torch.testing.assert_close(between, (1 - share) * old + share * new)


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_while_a_stage_fades_in_the_discriminator_blends_features(pair, images, share):
    _, D = pair(8)
    found = []
    D.to_features.register_forward_hook(lambda module, inputs, output: found.append(inputs[0]))
    images = smaller(images, 2)
    for level in (0, 1, share):
        D.stand(level)
        D(images)
    old, new, between = found
    torch.testing.assert_close(between, (1 - share) * old + share * new)


@pytest.mark.parametrize("level", LEVELS)
def test_real_images_are_shown_as_fine_as_generated_ones(pair, images, level):
    _, D = pair()
    D.stand(level)
    factor = 2 ** (2 - D.stage)
    shown = D.shown(images)
    expected = mean_of_squares(images, factor)
    if D.fading:  # section 2: "we interpolate between two resolutions of the real images"
        share = D.fade.item()
        expected = (1 - share) * mean_of_squares(images, 2 * factor) + share * expected
    torch.testing.assert_close(shown, expected)


def test_at_its_full_size_a_real_image_is_what_it_is(pair, images):
    _, D = pair()
    assert D.shown(images) is images


@pytest.mark.parametrize("stage", [0, 1, 2])
def test_the_discriminator_sees_nothing_finer_than_its_stage(pair, images, stage):
    _, D = pair()
    D.stand(stage)
    torch.testing.assert_close(D(images).logits, D(mean_of_squares(images, 4 >> stage)).logits)


def test_smaller_and_larger_are_means_and_repetition():
    x = torch.arange(16.0).view(1, 1, 4, 4)
    assert smaller(x, 1) is x
    assert larger(x, 1) is x
    assert smaller(x, 4).item() == 7.5
    torch.testing.assert_close(larger(smaller(x, 2), 2), mean_of_squares(x, 2))


def test_longer_sides_grow_from_a_longer_map(pair):
    G, _ = pair(16, 24)
    assert G.base == (4, 6)
    G.stand(0)
    images = G(torch.randn(1, 5))
    assert len(images[0, 0].unique()) == 4 * 6
