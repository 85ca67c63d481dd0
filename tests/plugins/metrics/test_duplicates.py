import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from ganzoo import ConfigError
from ganzoo_metrics.duplicates import closest_in_features, closest_pairs, duplicate_probability, support_size


def test_the_closest_pairs_are_those_of_every_distance(random):
    points = random.standard_normal((30, 3)).astype(np.float32)
    every = squareform(pdist(points))
    found = closest_in_features(points, 7)
    np.testing.assert_allclose(sorted(every[tuple(found.T)]), np.sort(pdist(points))[:7])
    assert len(closest_in_features(points[:3], 7)) == 3


def test_distances_are_in_grey_levels_and_batches_follow_each_other(sample, random):
    images = random.randint(0, 256, size=(6, 8, 8, 3), dtype=np.uint8)
    images[4:] = np.array([100, 103], dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis]
    pairs = closest_pairs(sample(images), size=2, batches=3, pairs=20)
    np.testing.assert_array_equal(pairs.images[:, 0], [[0, 1], [2, 3], [4, 5]])
    assert pairs.closest[2] == pytest.approx(3)


def test_a_birthday_in_half_of_the_classes_of_23_means_a_year():
    """The paradox: 1 - exp(-23 * 22 / (2 * 365)) is 0.5000."""
    assert support_size(0.5, size=23) == pytest.approx(365, rel=2e-3)


@pytest.mark.parametrize("batches", [1, 10])
def test_more_duplicates_mean_fewer_images_and_never_none_or_infinitely_many(batches):
    sizes = [support_size(duplicate_probability(found, batches), size=100) for found in range(batches + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert 1 < sizes[-1] < sizes[0] < np.inf
    assert duplicate_probability(5, 10) == 0.5


def test_the_size_of_a_small_support_is_found(measure, noise, sample, random):
    """Of 400 images with a grey level of noise: batches of 23 have two of a kind in half of the cases."""
    few, real = np.minimum(noise(400).images, 254), noise(2300)
    drawn = few[random.randint(0, 400, size=2300)] + random.randint(0, 2, size=(2300, 8, 8, 3), dtype=np.uint8)
    measured = measure("duplicates", sample(drawn), real, size=23, batches=100)
    assert measured.values["support_size"] == pytest.approx(400, rel=0.35)
    assert measured.pictures["duplicates"].shape == (10 * 8, 2 * 8, 3)
    left, right = np.hsplit(measured.pictures["duplicates"].astype(int), 2)
    assert np.abs(left - right).max() <= 1
    assert not measured.notes


def test_real_images_are_like_real_images(measure, noise):
    measured = measure("duplicates", noise(300), noise(300), size=60)
    assert measured.values["duplicate_share"] == 0
    assert measured.values["duplicate_distance"] == pytest.approx(1, abs=0.1)
    assert measured.details["batches"] == 5
    assert "none of 5 batches of 60" in measured.notes[0]
    assert "at least 2,954." in measured.notes[0]  # 60 * 59 / (2 ln(20) / 5)


def test_a_model_of_one_image_has_it_in_every_batch(measure, noise, sample):
    one = noise(1).images
    measured = measure("duplicates", sample(np.repeat(one, 40, axis=0)), noise(60), size=10)
    assert measured.values["duplicate_share"] == 1
    assert measured.values["duplicate_distance"] == 0
    assert "at most" in measured.notes[0]


def test_copies_in_the_data_set_leave_a_grey_level_to_measure_by(measure, noise, sample):
    twice = sample(np.repeat(noise(20).images, 2, axis=0))
    measured = measure("duplicates", noise(40), twice, size=40)
    assert measured.details["closest_real"] == 0
    assert measured.values["duplicate_distance"] > 1
    with pytest.raises(ConfigError, match="2 images"):
        measure("duplicates", noise(1), twice)
