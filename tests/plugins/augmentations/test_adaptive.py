import math
from types import SimpleNamespace

import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_augmentations import AdaOptions, build_ada
from ganzoo_augmentations.adaptive import (
    AdaptiveAugment,
    blit_matrices,
    colour_matrices,
    geometry_matrices,
    identity,
    moved,
    recoloured,
    rotation,
    scaling,
    translation,
)
from ganzoo_augmentations.overfitting import AdaptiveProbability

ALWAYS, NEVER = torch.tensor(1.0), torch.tensor(0.0)


def drawn(seed=0):
    return Random(torch.device("cpu"), seed)


def images_like(n=6, channels=3, size=8):
    return torch.rand(n, channels, size, size) * 2 - 1


def test_with_probability_0_nothing_changes():
    images = images_like()
    augment = AdaptiveAugment(
        AdaptiveProbability(begin=0.0, target=0.6, kimg=500.0), blit=True, geometry=True, colour_rate=1.0
    )
    torch.testing.assert_close(augment(images, drawn()), images, rtol=0, atol=1e-5)


def test_pixel_moves_are_exact():
    """Mirrored, turned and moved images are made of the image's own pixels, unblended."""
    images = images_like(50, channels=1)
    views = moved(images, blit_matrices(50, ALWAYS, drawn(), height=8, width=8))
    for image, view in zip(images, views, strict=True):
        nearest = (view.flatten()[:, None] - image.flatten()[None]).abs().amin(1)
        assert nearest.max() < 1e-4


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (scaling(-torch.ones(1), torch.ones(1)), lambda x: x.flip(3)),
        (rotation(torch.full((1,), math.pi)), lambda x: x.flip(2).flip(3)),
        (translation(torch.full((1,), 0.25), torch.zeros(1)), lambda x: torch.cat([x[..., 1:], x[..., -1:]], 3)),
    ],
    ids=["mirror", "half a turn", "a pixel"],
)
def test_moves_one_by_one(matrix, expected):
    images = images_like(1)
    torch.testing.assert_close(moved(images, matrix), expected(images), rtol=0, atol=1e-5)


def test_any_turn_at_all_has_the_probability_that_was_asked_for():
    n, p = 20_000, torch.tensor(0.4)
    matrices = geometry_matrices(n, p, drawn())
    corner = matrices[:, 0, 1].abs() > 1e-6  # only turns mix the axes
    assert abs(corner.float().mean() - 0.4) < 0.02


def test_stretches_keep_the_area_and_scales_are_log_normal():
    n = 20_000
    areas = torch.linalg.det(geometry_matrices(n, ALWAYS, drawn()))
    logs = areas.log() / 2
    assert abs(logs.mean()) < 0.01
    assert abs(logs.std() - 0.2 * math.log(2)) < 0.005


def test_colours_are_turned_about_grey_and_flipped_through_it():
    """Of grey, hue and saturation leave nothing but grey; brightness, contrast and the flip change its level alike."""
    matrices = colour_matrices(300, ALWAYS, drawn())
    grey = torch.rand(300, 1, 2, 2).expand(-1, 3, -1, -1) * 2 - 1
    found = recoloured(grey, matrices)
    torch.testing.assert_close(found, found.mean(1, keepdim=True).expand_as(found), rtol=0, atol=1e-4)
    torch.testing.assert_close(recoloured(grey[:, :1], matrices), found[:, :1], rtol=1e-4, atol=1e-4)


def test_the_flip_of_luma_turns_grey_into_its_negative():
    matrices = colour_matrices(2000, ALWAYS, drawn())
    signs = matrices[:, :3, :3].sum((1, 2)).sign()
    assert 0.45 < (signs < 0).float().mean() < 0.55


def test_transparency_is_left_alone():
    images = images_like(channels=4)
    changed = recoloured(images, colour_matrices(6, ALWAYS, drawn()))
    torch.testing.assert_close(changed[:, 3], images[:, 3])
    assert not torch.allclose(changed[:, :3], images[:, :3])


def test_matrices_that_change_nothing_are_the_identity():
    like = torch.ones(1)
    torch.testing.assert_close(colour_matrices(3, NEVER, drawn()), identity(4, 3, like), rtol=0, atol=1e-6)
    torch.testing.assert_close(geometry_matrices(3, NEVER, drawn()), identity(3, 3, like), rtol=0, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_gradients_reach_every_image(channels):
    images = images_like(channels=channels).requires_grad_(True)
    augment = AdaptiveAugment(
        AdaptiveProbability(begin=1.0, target=0.6, kimg=0.0), blit=True, geometry=True, colour_rate=1.0
    )
    augment(images, drawn()).square().sum().backward()
    assert (images.grad.flatten(1).abs().amax(1) > 0).all()


def test_moves_come_last_so_that_their_size_does_not_depend_on_the_scale():
    """Karras et al. 2020, appendix B: scaled, turned and stretched, then moved by a quarter of half a side."""
    places = geometry_matrices(20_000, torch.tensor(1.0), Random(torch.device("cpu"), 0))
    centres = torch.linalg.inv(places)[:, :2, 2]  # where the centre of the image goes to
    torch.testing.assert_close(centres.std(0), torch.full((2,), 0.25), rtol=0.02, atol=0)


def alone(p, **chosen):
    """The pipeline with nothing but what is asked for."""
    probability = AdaptiveProbability(begin=p, target=0.6, kimg=0.0)
    return AdaptiveAugment(probability, **{"blit": False, "geometry": False, "colour_rate": 0.0} | chosen)


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_as_many_images_as_it_says_lose_a_square_of_half_their_side(p):
    found = alone(p, cutout=True)(torch.ones(4000, 1, 8, 8), drawn())
    holes = (found == 0).flatten(1).sum(1)
    assert abs((holes > 0).float().mean() - p) < 0.03
    assert holes.max() == (16 if p else 0)
    assert ((found == 0) | (found == 1)).all()


@pytest.mark.parametrize(("rate", "share"), [(0.0, 0.0), (0.5, 0.4), (1.0, 0.8)])
def test_colours_change_as_often_as_the_rate_says(rate, share, monkeypatch):
    seen = []
    monkeypatch.setattr(
        "ganzoo_augmentations.adaptive.colour_matrices", lambda n, p, random: (seen.append(p), identity(4, n, p))[1]
    )
    images = images_like()
    torch.testing.assert_close(alone(0.8, colour_rate=rate)(images, drawn()), images)
    assert [p.item() for p in seen] == pytest.approx([share] if rate else [])


def test_cutout_and_colours_are_off_as_the_options_say():
    for options, cutout, rate in (
        ({}, False, 1.0),
        ({"cutout": True, "colour_rate": 0.5}, True, 0.5),
        ({"colour": False}, False, 0.0),
    ):
        augment = build_ada(SimpleNamespace(options=AdaOptions(**options)))
        assert (augment.cutout, augment.colour_rate) == (cutout, rate)
