import numpy as np
import pytest

from ganzoo.errors import BrokenPlugin
from ganzoo.evaluation import Moments, Sample

FEATURES = np.random.default_rng(0).normal(size=(37, 5)).astype(np.float32)


def moments_of(features, *cuts):
    moments = Moments(features.shape[1])
    for part in np.split(features, cuts):
        moments.add(part)
    return moments


@pytest.mark.parametrize("cuts", [(), (1,), (10, 10, 36), tuple(range(1, 37))])
def test_moments_are_the_mean_and_covariance_however_the_features_arrive(cuts):
    moments = moments_of(FEATURES, *cuts)
    assert moments.count == 37
    np.testing.assert_allclose(moments.mean, FEATURES.mean(axis=0, dtype=np.float64), atol=1e-12)
    np.testing.assert_allclose(moments.covariance, np.cov(FEATURES.astype(np.float64), rowvar=False), atol=1e-12)


def test_moments_keep_their_digits_far_from_zero():
    far = (FEATURES.astype(np.float64) + 2**20).astype(np.float32)
    # sums of squares of numbers of a million would leave four digits
    np.testing.assert_allclose(
        moments_of(far, 3, 20).covariance, np.cov(far.astype(np.float64), rowvar=False), atol=1e-9
    )


def test_the_covariance_of_one_image_is_zero_and_not_nan():
    assert not moments_of(FEATURES[:1]).covariance.any()


def test_moments_survive_being_kept():
    before = moments_of(FEATURES, 12)
    after = Moments.from_arrays(before.to_arrays())
    after.add(FEATURES)
    before.add(FEATURES)
    assert after.count == before.count
    np.testing.assert_array_equal(after.covariance, before.covariance)


@pytest.mark.parametrize("name", ["moments", "features", "probabilities", "images", "labels"])
def test_what_a_metric_does_not_say_that_it_needs_is_not_there(name):
    with pytest.raises(BrokenPlugin, match=f"looks at {name}, which its record does not say"):
        getattr(Sample(3), name)


def test_a_sample_of_features_has_their_moments():
    sample = Sample.of(FEATURES)
    assert sample.count == 37
    np.testing.assert_allclose(sample.moments.mean, FEATURES.mean(axis=0), atol=1e-6)
