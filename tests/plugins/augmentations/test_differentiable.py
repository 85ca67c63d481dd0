import pytest
import torch

from ganzoo.techniques import Random
from ganzoo_augmentations.differentiable import DiffAugment, change_colour, cut_out, translate


def drawn(seed=0):
    return Random(torch.device("cpu"), seed)


def images_like(n=6, channels=3, height=8, width=8):
    return torch.rand(n, channels, height, width) * 2 - 1


def test_colour_by_its_three_formulas():
    images, random = images_like(), drawn()
    found = change_colour(images, drawn())
    brightness, saturation, contrast = (random.uniform(6, 1, 1, 1) for _ in range(3))
    expected = images + brightness - 0.5
    grey = expected.mean(1, keepdim=True)
    expected = grey + (expected - grey) * 2 * saturation
    mean = expected.mean((1, 2, 3), keepdim=True)
    torch.testing.assert_close(found, mean + (expected - mean) * (contrast + 0.5))


def test_translation_is_a_window_of_the_image_laid_on_grey():
    images = images_like(40, height=16, width=8)
    moved = translate(images, drawn())
    padded = torch.nn.functional.pad(images, (1, 1, 2, 2))
    seen = set()
    for image, view in zip(padded, moved, strict=True):
        found = [
            (top, left)
            for top in range(5)
            for left in range(3)
            if torch.equal(image[:, top : top + 16, left : left + 8], view)
        ]
        assert len(found) == 1
        seen |= set(found)
    assert len(seen) > 8  # of 15


def test_a_square_is_cut_out_and_nothing_else():
    images = torch.ones(200, 1, 8, 8)
    holes = 1 - cut_out(images, drawn())
    for hole in holes[:, 0]:
        rows, columns = hole.amax(1).nonzero(), hole.amax(0).nonzero()
        assert hole.sum() == len(rows) * len(columns)  # a rectangle: a square, or what the edge leaves of it
        assert 2 <= len(rows) <= 4
        assert 2 <= len(columns) <= 4
    assert (holes.sum((1, 2, 3)) == 16).any()


def test_what_is_not_asked_for_is_left_out():
    images = images_like()
    assert DiffAugment(colour=False, translation=False, cutout=False)(images, drawn()) is images
    only = DiffAugment(colour=False, translation=False, cutout=True)(images, drawn())
    torch.testing.assert_close(only, cut_out(images, drawn()))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_gradients_reach_every_image(channels):
    images = images_like(channels=channels).requires_grad_(True)
    augment = DiffAugment(colour=True, translation=True, cutout=True)
    augment(images, drawn()).square().sum().backward()
    assert (images.grad.flatten(1).abs().amax(1) > 0).all()
