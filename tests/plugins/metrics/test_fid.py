import numpy as np
import pytest
from scipy.linalg import sqrtm

from ganzoo import ConfigError
from ganzoo.evaluation import Moments
from ganzoo_metrics.fid import fid
from ganzoo_metrics.frechet import covariance_factor, feature_factor, frechet_distance
from ganzoo_metrics.intra_fid import intra_fid


def gaussian(mean, covariance):
    return np.array(mean, dtype=np.float64), covariance_factor(np.array(covariance, dtype=np.float64))


def moments(features):
    found = Moments(features.shape[1])
    found.add(features.astype(np.float32))
    return found


def by_the_square_root(x, y):
    """As the authors have it."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    first, second = np.cov(x, rowvar=False), np.cov(y, rowvar=False)
    shift = x.mean(axis=0) - y.mean(axis=0)
    return shift @ shift + np.trace(first + second - 2 * sqrtm(first @ second).real)


def test_on_a_line_it_is_the_difference_of_means_and_of_deviations_squared():
    assert frechet_distance(*gaussian([3], [[4]]), *gaussian([7], [[25]])) == pytest.approx(4**2 + (5 - 2) ** 2)


def test_covariances_that_commute_differ_by_their_roots_axis_by_axis():
    first, second = gaussian([0, 0], [[1, 0], [0, 9]]), gaussian([0, 2], [[16, 0], [0, 4]])
    assert frechet_distance(*first, *second) == pytest.approx(2**2 + 3**2 + 1**2)


def test_it_is_that_of_the_matrix_square_root(random):
    mixing = random.standard_normal((6, 6))
    x, y = random.standard_normal((40, 6)) @ mixing, 1 + random.standard_normal((50, 6))
    x, y = x.astype(np.float32), y.astype(np.float32)
    assert fid(moments(x), moments(y)) == pytest.approx(by_the_square_root(x, y), rel=1e-9)
    assert fid(moments(y), moments(x)) == pytest.approx(fid(moments(x), moments(y)), rel=1e-12)


def test_a_singular_covariance_costs_no_accuracy(random):
    """Along an axis that one side does not use, all the other's variance counts."""
    x = random.standard_normal((4, 8)).astype(np.float32)
    assert fid(moments(x), moments(x)) == pytest.approx(0, abs=1e-12)
    flat = gaussian([0, 0, 0], np.diag([1e6, 0, 0]))
    assert frechet_distance(*flat, *gaussian([0, 0, 0], np.diag([1e6, 4, 0]))) == pytest.approx(4, rel=1e-9)
    assert frechet_distance(*flat, *gaussian([0, 0, 0], np.zeros((3, 3)))) == pytest.approx(1e6)


def test_images_and_their_covariance_are_factors_of_the_same(random):
    x, y = (random.standard_normal((n, 9)).astype(np.float32) for n in (5, 7))
    mean = np.zeros(9)
    through_features = frechet_distance(mean, feature_factor(x), mean, feature_factor(y))
    through_moments = frechet_distance(
        mean, covariance_factor(moments(x).covariance), mean, covariance_factor(moments(y).covariance)
    )
    assert through_features == pytest.approx(through_moments, rel=1e-9)


def test_too_few_images_for_the_dimensions_are_noted_with_the_number_needed(measure, noise):
    assert not measure("fid", noise(5), noise(5)).notes
    (note,) = measure("fid", noise(4), noise(50)).notes
    assert "at least 5" in note


def test_one_image_has_no_covariance(measure, noise):
    with pytest.raises(ConfigError, match="needs 2 images of either side, and has 1"):
        measure("fid", noise(1), noise(50))


@pytest.mark.parametrize("count", [6, 60])
def test_intra_fid_is_the_fid_of_each_class(random, count):
    """Below and above as many images as dimensions."""
    x, y = (random.standard_normal((2 * count, 8)).astype(np.float32) for _ in range(2))
    labels = np.arange(2 * count) % 2
    found = intra_fid(x, labels, y, labels)
    assert set(found) == {0, 1}
    for label, distance in found.items():
        assert distance == pytest.approx(fid(moments(x[labels == label]), moments(y[labels == label])), rel=1e-6)


def test_intra_fid_sees_swapped_classes_where_fid_sees_nothing(measure, sample, random):
    images = random.randint(0, 256, size=(40, 8, 8, 3), dtype=np.uint8)
    images[20:] //= 4
    labels = np.arange(40) // 20
    real, swapped = sample(images, labels), sample(images, 1 - labels)
    assert measure("fid", swapped, real).values["fid"] == pytest.approx(0, abs=1e-9)
    assert measure("intra-fid", real, real).values["intra_fid"] == pytest.approx(0, abs=1e-9)
    assert measure("intra-fid", swapped, real).values["intra_fid"] > 1e-3


def test_intra_fid_names_the_classes_it_leaves_out_and_those_with_too_few_images(measure, sample, random):
    images = random.randint(0, 256, size=(13, 8, 8, 3), dtype=np.uint8)
    generated = sample(images, np.array([0] * 8 + [1] * 4 + [2]))
    measured = measure("intra-fid", generated, generated)
    assert set(measured.details["classes"]) == {"cat", "dog"}
    assert any("fox" in note for note in measured.notes)
    assert any("4 images of one class" in note and "at least 5" in note for note in measured.notes)
    with pytest.raises(ConfigError, match="no class has 2 images"):
        measure("intra-fid", sample(images[:2], np.array([0, 1])), generated)
