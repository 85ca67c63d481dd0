import numpy as np
import pytest
from scipy.spatial.distance import cdist

from ganzoo import DataError
from ganzoo_metrics.distances import nearest
from ganzoo_metrics.memorisation import authenticity, distance_ratio, spacing


def test_the_ratio_is_that_of_the_medians():
    assert distance_ratio(np.array([1.0, 2.0, 90.0]), np.array([3.0, 4.0, 5.0])) == 0.5


def test_authenticity_on_a_line_by_hand():
    """Training 0, 10, 11: 4 is nearer to 0 than 10 is (a copy), 10.4 is 0.4 from 10 (a copy), 20 is 9 from 11 (authentic)."""
    training = np.array([[0], [10], [11]], dtype=np.float32)
    generated = np.array([[4], [10.4], [20]], dtype=np.float32)
    index, distances = nearest(generated, training)
    np.testing.assert_array_equal(spacing(index, training), [10, 1, 1])
    assert authenticity(distances, spacing(index, training)) == pytest.approx(1 / 3)


def test_authenticity_is_that_of_all_distances(random):
    training, generated = (random.standard_normal((n, 3)).astype(np.float32) for n in (40, 30))
    across, within = cdist(generated, training), cdist(training, training)
    np.fill_diagonal(within, np.inf)
    expected = np.mean(across.min(axis=1) > within.min(axis=1)[across.argmin(axis=1)])
    index, distances = nearest(generated, training)
    assert 0 < expected < 1
    assert authenticity(distances, spacing(index, training)) == pytest.approx(expected)


def test_copies_are_found_and_shown(measure, noise, sample):
    train, test = noise(90), noise(50)
    measured = measure("memorisation", sample(train.images[:40]), train, test)
    assert set(measured.values.values()) == {0.0}
    generated, by_pixels, by_features = np.hsplit(measured.pictures["memorisation-closest"], 3)
    np.testing.assert_array_equal(generated, by_pixels)
    np.testing.assert_array_equal(generated, by_features)
    assert measured.pictures["memorisation-closest"].shape == (16 * 8, 3 * 8, 3)


def test_unseen_real_images_are_no_copies(measure, noise):
    values = measure("memorisation", noise(200), noise(400), noise(200)).values
    assert values["memorisation_pixels"] == pytest.approx(1, abs=0.05)
    assert values["memorisation_features"] == pytest.approx(1, abs=0.3)
    assert values["authenticity"] == pytest.approx(0.5, abs=0.2)


def test_it_looks_at_so_many_images_and_no_more(measure, noise, sample):
    train = noise(90)
    few = measure("memorisation", sample(train.images[:40]), train, noise(50), max_training=3)
    assert few.values["memorisation_pixels"] > 0.5  # what was copied is not among the three
    assert (
        measure("memorisation", noise(40), train, noise(50), max_images=5).pictures["memorisation-closest"].shape[0]
        == 5 * 8
    )


def test_a_test_split_of_training_images_sets_no_measure(measure, noise):
    train = noise(30)
    with pytest.raises(DataError, match="half of the test images"):
        measure("memorisation", noise(20), train, train)
