import numpy as np
import pytest
from scipy.ndimage import convolve

from ganzoo import ConfigError
from ganzoo_metrics.swd import laplacian_pyramid, patches, smooth


def test_smoothing_is_the_binomial_filter_with_mirrored_borders(random):
    images = random.standard_normal((2, 6, 8, 3)).astype(np.float32)
    taps = np.array([1, 4, 6, 4, 1]) / 16
    expected = convolve(images, np.outer(taps, taps)[np.newaxis, :, :, np.newaxis], mode="mirror")
    np.testing.assert_allclose(smooth(images), expected, rtol=1e-4, atol=1e-6)


def test_the_pyramid_halves_to_the_smallest_and_holds_the_whole_image(random):
    images = random.standard_normal((2, 32, 32, 1)).astype(np.float32)
    fine, coarse = laplacian_pyramid(images, 16)
    assert coarse.shape == (2, 16, 16, 1)
    spread = np.zeros_like(images)
    spread[:, ::2, ::2] = coarse
    np.testing.assert_allclose(fine + 4 * smooth(spread), images, atol=1e-5)
    assert [level.shape[1] for level in laplacian_pyramid(images, 8)] == [32, 16, 8]
    assert len(laplacian_pyramid(images[:, :28, :28], 16)) == 1


def test_a_flat_image_has_nothing_to_add_on_any_level():
    levels = laplacian_pyramid(np.full((1, 32, 32, 1), 7, np.float32), 16)
    np.testing.assert_allclose(levels[0], 0, atol=1e-5)
    np.testing.assert_allclose(levels[1], 7, rtol=1e-6)


def test_patches_are_cut_from_their_image_and_scaled_channel_by_channel(random):
    level = random.standard_normal((3, 9, 9, 2)).astype(np.float32) * [1, 50] + [0, 9]
    found = patches(level.astype(np.float32), count=4, side=9, random=random)
    assert found.shape == (12, 9 * 9 * 2)
    np.testing.assert_array_equal(found[0], found[1])  # there is one place only
    assert not np.array_equal(found[3], found[4])  # the next image
    channels = found.reshape(-1, 2)
    np.testing.assert_allclose(channels.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(channels.std(axis=0), 1, rtol=1e-5)


def test_patches_reach_every_corner(random):
    level = np.arange(25, dtype=np.float32).reshape(1, 5, 5, 1)
    corners = {round(row[0], 4) for row in patches(level, count=400, side=3, random=random)}
    assert len(corners) == 9


def test_blurred_images_are_farther_than_others_of_their_kind(measure, noise):
    shape = (32, 32, 1)
    real, other = noise(60, shape), noise(60, shape)
    blurred = noise(60, shape)
    blurred._images = smooth(blurred.images.astype(np.float32)).astype(np.uint8)
    far, near = (measure("swd", x, real, projections=32) for x in (blurred, other))
    assert set(near.details["levels"]) == {"32x32", "16x16"}
    assert near.values["swd"] == pytest.approx(np.mean(list(near.details["levels"].values())))
    assert far.details["levels"]["32x32"] > 2 * near.details["levels"]["32x32"]
    assert near.details["images"] == 60


def test_images_below_a_patch_are_refused(measure, noise):
    with pytest.raises(ConfigError, match="patches of 9 pixels from images of 8x8"):
        measure("swd", noise(5), noise(5), patch=9)
