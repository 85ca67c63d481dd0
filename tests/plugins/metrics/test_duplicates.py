import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import binom

from ganzoo import ConfigError
from ganzoo_metrics.duplicates import closest_in_features, closest_pairs, probability_bound, support_size


def test_the_closest_pairs_are_those_of_every_distance(random):
    points = random.standard_normal((30, 3)).astype(np.float32)
    every = squareform(pdist(points))
    found = closest_in_features(points, 7)
    np.testing.assert_allclose(sorted(every[tuple(found.T)]), np.sort(pdist(points))[:7])
    assert len(closest_in_features(points[:3], 7)) == 3


def test_distances_are_in_grey_levels_and_batches_follow_each_other(sample, random):
    images = random.randint(0, 256, size=(6, 8, 8, 3), dtype=np.uint8)
    images[4:] = np.array([100, 103], dtype=np.uint8)[:, np.newaxis, np.newaxis, np.newaxis]
    pairs = closest_pairs(sample(images), np.arange(6).reshape(3, 2), pairs=20)
    np.testing.assert_array_equal(pairs.images[:, 0], [[0, 1], [2, 3], [4, 5]])
    assert pairs.closest[2] == pytest.approx(3)


def test_a_birthday_in_half_of_the_classes_of_23_means_a_year():
    """The paradox: 1 - exp(-23 * 22 / (2 * 365)) is 0.5000."""
    assert support_size(0.5, size=23) == pytest.approx(365, rel=2e-3)


@pytest.mark.parametrize("batches", [1, 10])
def test_more_duplicates_mean_fewer_images_and_never_infinitely_many(batches):
    sizes = [support_size(probability_bound(found, batches), size=100) for found in range(batches + 1)]
    assert sizes == sorted(sizes, reverse=True)
    assert 0 <= sizes[-1] < sizes[0] < np.inf


@pytest.mark.parametrize(("found", "batches"), [(0, 10), (3, 10), (9, 10)])
def test_the_bound_is_the_probability_under_which_so_few_are_seen_once_in_twenty(found, batches):
    assert binom.cdf(found, batches, probability_bound(found, batches)) == pytest.approx(0.05)


def test_the_size_of_a_small_support_is_found(measure, noise, sample, random):
    """Of 400 images with a grey level of noise: batches of 23 have two of a kind in half of the cases."""
    few, real = np.minimum(noise(400).images, 254), noise(2300)
    drawn = few[random.randint(0, 400, size=2300)] + random.randint(0, 2, size=(2300, 8, 8, 3), dtype=np.uint8)
    measured = measure("duplicates", sample(drawn), real, size=23, batches=100)
    assert 200 < measured.values["support_size"] < 400
    assert support_size(measured.values["duplicate_share"], size=23) == pytest.approx(400, rel=0.35)
    assert measured.pictures["duplicates"].shape == (10 * 8, 2 * 8, 3)
    left, right = np.hsplit(measured.pictures["duplicates"].astype(int), 2)
    assert np.abs(left - right).max() <= 1


def test_batches_in_which_all_hold_one_are_halved_until_they_tell_models_apart(measure, noise, sample, random):
    real = noise(2000)
    found = {}
    for count in (3, 40, 400):
        drawn = sample(noise(count).images[random.randint(0, count, size=2000)])
        found[count] = measure("duplicates", drawn, real, size=200).values["support_size"]
        assert found[count] < count
    assert found[3] < found[40] < found[400]


def test_real_images_are_like_real_images(measure, noise):
    measured = measure("duplicates", noise(300), noise(300), size=60)
    assert measured.values["duplicate_share"] == 0
    assert measured.values["duplicate_distance"] == pytest.approx(1, abs=0.1)
    assert measured.details["batches"] == 5
    assert measured.values["support_size"] == pytest.approx(60 * 59 / (2 * np.log(20) / 5))
    assert "0 of 5 batches of 60" in measured.notes[0]


def test_a_model_of_one_image_has_one(measure, noise, sample):
    one = noise(1).images
    measured = measure("duplicates", sample(np.repeat(one, 40, axis=0)), noise(60), size=10)
    assert measured.values == {"support_size": 1, "duplicate_share": 1, "duplicate_distance": 0}


def test_copies_in_the_data_set_leave_a_grey_level_to_measure_by(measure, noise, sample):
    twice = sample(np.repeat(noise(20).images, 2, axis=0))
    measured = measure("duplicates", noise(40), twice, size=40)
    assert measured.details["closest_real"] == 0
    assert measured.values["duplicate_distance"] > 1
    with pytest.raises(ConfigError, match="2 images"):
        measure("duplicates", noise(1), twice)
