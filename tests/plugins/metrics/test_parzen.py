import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.neighbors import KernelDensity

from ganzoo import ConfigError, DataError
from ganzoo_metrics.arrays import chosen
from ganzoo_metrics.parzen import log_likelihood


def test_one_sample_is_a_gaussian_for_each_pixel():
    image, sample = (np.array(x, dtype=np.uint8).reshape(1, 1, 2, 1) for x in ([0, 255], [51, 204]))
    found = log_likelihood(image, sample, np.array([0.1, 0.5]))
    expected = [2 * norm.logpdf(0.2, scale=sigma) for sigma in (0.1, 0.5)]
    np.testing.assert_allclose(found[:, 0], expected)


@pytest.mark.parametrize("sigma", [0.02, 0.1, 1.0])
def test_it_is_the_sum_over_all_samples(random, sigma):
    """More of both than a block holds."""
    images, samples = (random.randint(0, 256, size=(n, 6, 5, 3), dtype=np.uint8) for n in (300, 1100))
    squares = cdist(images.reshape(300, -1) / 255, samples.reshape(1100, -1) / 255, "sqeuclidean")
    expected = logsumexp(-squares / (2 * sigma**2), axis=1) - np.log(1100) - 45 * np.log(2 * np.pi * sigma**2)
    found = log_likelihood(images, samples, np.array([sigma]))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=2e-6)


@pytest.mark.parametrize("sigma", [0.05, 0.3])
def test_it_is_the_kernel_density_of_scikit_learn(random, sigma):
    """Of few pixels: its trees lose far points of many dimensions to rounding (1.9)."""
    images, samples = (random.randint(0, 256, size=(n, 1, 2, 1), dtype=np.uint8) for n in (300, 1100))
    density = KernelDensity(bandwidth=sigma).fit(samples.reshape(1100, -1) / 255)
    found = log_likelihood(images, samples, np.array([sigma]))[0]
    np.testing.assert_allclose(found, density.score_samples(images.reshape(300, -1) / 255), rtol=1e-6, atol=1e-6)


def test_a_copy_under_a_narrow_window_is_all_peak(random):
    """Neither overflow nor underflow: log 1/M - D/2 log(2 pi sigma^2)."""
    images = random.randint(0, 256, size=(10, 28, 28, 1), dtype=np.uint8)
    found = log_likelihood(images, images, np.array([1e-3]))
    np.testing.assert_allclose(found, -np.log(10) - 392 * np.log(2 * np.pi * 1e-6), rtol=1e-12)


def test_a_far_image_is_finite():
    black, white = np.zeros((1, 32, 32, 3), np.uint8), np.full((1, 32, 32, 3), 255, np.uint8)
    assert log_likelihood(black, white, np.array([0.1]))[0, 0] == pytest.approx(
        3072 * norm.logpdf(1, scale=0.1), rel=1e-12
    )


def test_the_images_that_choose_sigma_are_of_all_places(measure, sample, noise):
    """Real images may stand in the order of their classes: the first ones would be of one."""
    grey = np.linspace(0, 255, 400).astype(np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 3), np.uint8)
    generated, real = noise(50), sample(grey)
    measured = measure("parzen", generated, real, real, sigmas=1, validation=100)
    places = chosen(400, 100, 0)
    assert places[0] < 20
    assert places[-1] > 380
    expected = log_likelihood(grey[places], generated.images, np.array([0.1])).mean()
    assert measured.details["validation"]["0.1"] == pytest.approx(expected)


def test_the_mean_of_test_images_is_told_with_its_standard_error(measure, noise):
    generated, train, test = noise(50), noise(60), noise(40)
    measured = measure("parzen", generated, train, test, sigma_max=10)
    curve = {float(sigma): value for sigma, value in measured.details["validation"].items()}
    sigma = measured.values["parzen_sigma"]
    assert max(curve, key=curve.get) == pytest.approx(sigma, rel=1e-3)
    assert min(curve) < sigma < max(curve)
    expected = log_likelihood(test.images, generated.images, np.array([sigma]))[0]
    assert measured.values["parzen"] == pytest.approx((expected.mean(), expected.std() / np.sqrt(40), "40 test images"))
    assert len(measured.notes) == 1
    assert "8x8x3 pixels only" in measured.notes[0]


def test_a_sigma_at_the_end_of_the_range_is_noted(measure, noise):
    measured = measure("parzen", noise(50), noise(60), noise(40), sigma_max=0.2)
    assert measured.values["parzen_sigma"] == 0.2
    assert "the largest sigma of all" in measured.notes[1]
    with pytest.raises(ConfigError, match="below sigma_min"):
        measure("parzen", noise(50), noise(60), noise(40), sigma_max=0.01)
    with pytest.raises(DataError):
        measure("parzen", noise(50), noise(60))
