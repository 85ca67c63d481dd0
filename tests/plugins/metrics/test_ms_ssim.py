import numpy as np
import pytest

from ganzoo import ConfigError
from ganzoo_metrics.ms_ssim import ms_ssim, random_pairs, scale_count, similarities

WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])


def ms_ssim_in_loops(x, y):
    """One grey pair (H, W), window by window."""
    scales, value = scale_count(*x.shape), 1.0
    weights = WEIGHTS[:scales] / WEIGHTS[:scales].sum()
    x, y = x.astype(np.float64), y.astype(np.float64)
    for scale, weight in enumerate(weights):
        size = min(11, x.shape[0])
        offsets = np.arange(size) - size // 2
        window = np.exp(-(offsets[:, np.newaxis] ** 2 + offsets**2) / (2 * 1.5**2))
        window /= window.sum()
        terms = []
        for top in range(x.shape[0] - size + 1):
            for left in range(x.shape[1] - size + 1):
                a, b = (image[top : top + size, left : left + size] for image in (x, y))
                mean_a, mean_b = (window * a).sum(), (window * b).sum()
                var_a, var_b = (window * (a - mean_a) ** 2).sum(), (window * (b - mean_b) ** 2).sum()
                cov = (window * (a - mean_a) * (b - mean_b)).sum()
                structure = (2 * cov + 7.65**2) / (var_a + var_b + 7.65**2)
                terms.append((structure, (2 * mean_a * mean_b + 2.55**2) / (mean_a**2 + mean_b**2 + 2.55**2)))
        structure, luminance = np.array(terms).T
        value *= max((structure * luminance if scale == scales - 1 else structure).mean(), 0) ** weight
        x, y = (image.reshape(len(image) // 2, 2, -1, 2).mean(axis=(1, 3)) for image in (x, y) if len(image) % 2 == 0)
    return value


def test_it_is_that_of_every_window(random):
    first = random.randint(0, 256, size=(3, 24, 24, 2), dtype=np.uint8)
    second = (first * 0.6 + random.randint(0, 100, size=first.shape)).astype(np.uint8)
    expected = [
        np.mean([ms_ssim_in_loops(x[..., c], y[..., c]) for c in range(2)]) for x, y in zip(first, second, strict=True)
    ]
    assert scale_count(24, 24) == 2
    np.testing.assert_allclose(ms_ssim(first, second), expected, rtol=1e-9)


def test_equal_images_are_1_and_the_order_of_a_pair_is_nothing(random):
    x, y = random.randint(0, 256, size=(2, 4, 32, 32, 3), dtype=np.uint8)
    np.testing.assert_allclose(ms_ssim(x, x), 1)
    np.testing.assert_allclose(ms_ssim(x, y), ms_ssim(y, x))


def test_flat_images_differ_by_their_luminance_on_the_last_scale_alone():
    x, y = np.full((1, 28, 28, 1), 50, np.uint8), np.full((1, 28, 28, 1), 100, np.uint8)
    luminance = (2 * 50 * 100 + 2.55**2) / (50**2 + 100**2 + 2.55**2)
    assert ms_ssim(x, y)[0] == pytest.approx(luminance ** (0.2856 / (0.0448 + 0.2856)))


def test_an_image_and_its_negative_are_as_unlike_as_can_be(random):
    x = random.randint(0, 2, size=(2, 32, 32, 1), dtype=np.uint8) * 255
    np.testing.assert_array_equal(ms_ssim(x, 255 - x), 0)


@pytest.mark.parametrize(
    ("size", "scales"), [(1, 1), (8, 1), (21, 1), (22, 2), (28, 2), (32, 2), (64, 3), (128, 4), (176, 5), (1024, 5)]
)
def test_an_image_has_as_many_scales_as_leave_a_window(size, scales):
    assert scale_count(size, size) == scales
    assert scale_count(1024, size) == scales


@pytest.mark.parametrize("size", [1, 2, 8, 11, 45])
def test_small_and_odd_images_are_compared(random, size):
    x, y = random.randint(0, 256, size=(2, 2, size, size, 1), dtype=np.uint8)
    np.testing.assert_allclose(ms_ssim(x, x), 1)
    assert (ms_ssim(x, y) < 1).all()


def test_pairs_are_of_different_images_and_all_may_meet(random):
    first, second = random_pairs(5, 2000, random)
    assert (first != second).all()
    assert len(set(zip(first, second, strict=True))) == 20
    np.testing.assert_allclose(np.bincount(second), 400, atol=80)


def test_generated_images_stand_beside_real_ones_with_the_standard_error(measure, noise, sample):
    generated, real = noise(20), noise(20)
    measured = measure("ms-ssim", generated, real, pairs=130, seed=3)
    found = similarities(generated.images, 130, seed=3)
    assert measured.values["ms_ssim"] == pytest.approx((found.mean(), found.std() / np.sqrt(130), "130 pairs"))
    assert measured.values["ms_ssim_real"].value == pytest.approx(similarities(real.images, 130, seed=3).mean())
    collapsed = sample(np.repeat(generated.images[:1], 9, axis=0))
    assert measure("ms-ssim", collapsed, real, pairs=20).values["ms_ssim"].value == pytest.approx(1)
    with pytest.raises(ConfigError, match="2 images"):
        measure("ms-ssim", noise(1), real)


def test_a_class_that_shows_one_image_is_seen_within_classes_only(measure, noise, sample):
    images = noise(2).images
    labels = np.arange(40) % 2
    collapsed = sample(images[labels], labels)
    measured = measure("intra-ms-ssim", collapsed, collapsed, pairs=60)
    assert measured.values["intra_ms_ssim"] == pytest.approx((1, 0, "60 pairs"))
    assert measured.details["generated"] == pytest.approx({"cat": 1, "dog": 1})
    assert "fox" in measured.notes[0]
    assert measure("ms-ssim", collapsed, collapsed, pairs=60).values["ms_ssim"].value < 0.9
