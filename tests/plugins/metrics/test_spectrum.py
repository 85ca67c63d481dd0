import numpy as np
import pytest

from ganzoo_metrics.spectrum import decibels, power_spectrum


def wave(cycles, size=16, axis=1):
    """A grey cosine of amplitude 100 around 128."""
    line = 128 + 100 * np.cos(2 * np.pi * cycles * np.arange(size) / size)
    image = np.broadcast_to(line[:, np.newaxis] if axis == 0 else line, (size, size))
    return np.rint(image).astype(np.uint8)[np.newaxis, ..., np.newaxis]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("cycles", [2, 5])
def test_a_wave_stands_in_its_ring_in_either_direction(cycles, axis):
    power = power_spectrum(wave(cycles, axis=axis))
    assert power.shape == (9,)
    assert power[1:].argmax() + 1 == cycles


def test_the_first_ring_is_the_mean_and_flat_images_have_the_power_of_rounding_elsewhere():
    power = power_spectrum(np.full((3, 16, 16, 1), 10, np.uint8))
    assert power[0] == pytest.approx((256 * 10) ** 2)
    np.testing.assert_allclose(power[1:], 256 / 12)


def test_white_noise_is_flat_and_its_power_is_its_variance(random):
    images = random.randint(0, 256, size=(300, 16, 16, 1), dtype=np.uint8)
    np.testing.assert_allclose(power_spectrum(images)[1:], 256 * (256**2 - 1) / 12, rtol=0.05)


def test_it_is_the_mean_over_images_and_rings_of_the_transform(random):
    images = random.randint(0, 256, size=(5, 8, 12, 3), dtype=np.uint8)
    total, counts = np.zeros(20), np.zeros(20)
    for image in images:
        power = np.abs(np.fft.fft2(image @ np.array([0.299, 0.587, 0.114]))) ** 2
        for row in range(8):
            for column in range(12):
                down, across = min(row, 8 - row) / 8, min(column, 12 - column) / 12
                ring = round(8 * np.hypot(down, across))
                total[ring] += power[row, column]
                counts[ring] += 1
    np.testing.assert_allclose(power_spectrum(images), total[:5] / counts[:5])


def test_alpha_is_left_out(random):
    images = random.randint(0, 256, size=(4, 8, 8, 4), dtype=np.uint8)
    np.testing.assert_array_equal(power_spectrum(images), power_spectrum(images[..., :3]))


def test_ten_decibels_are_ten_times_the_power():
    np.testing.assert_allclose(decibels(np.array([1.0, 10.0, 1000.0])), [0, 10, 30])


def test_images_doubled_pixel_by_pixel_lack_the_highest_frequencies(measure, noise, sample):
    real = noise(200)
    doubled = sample(noise(200).images[:, ::2, ::2].repeat(2, axis=1).repeat(2, axis=2))
    measured = measure("spectrum", doubled, real)
    assert measured.values["spectrum_db"] > 1
    assert measured.details["generated_db"][-1] < measured.details["real_db"][-1] - 3
    assert measure("spectrum", noise(200), real).values["spectrum_db"] < 0.5
