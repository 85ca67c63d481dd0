"""Azimuthally averaged power spectra (Durall et al. 2020, arXiv:2003.01826): upsampling leaves its mark in them."""

import numpy as np

from ganzoo import ConfigError, Options
from ganzoo.evaluation import Comparison, Float64, Measured, Pixels

_LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def power_spectrum(images: Pixels) -> Float64:
    """Mean of |FFT|^2 over images (N, H, W, C) and over rings of equal frequency: (min(H, W) // 2 + 1,).

    Ring r holds the frequencies that round to r cycles per the shorter side. Colours are summed to luma; alpha is left out.
    Never below what rounding to whole grey levels puts there, 1/12 for each pixel.
    """
    _, height, width, channels = images.shape
    power = np.zeros((height, width))
    for start in range(0, len(images), 256):
        part = images[start : start + 256]
        grey = part[..., 0].astype(np.float64) if channels == 1 else part[..., :3] @ _LUMA
        power += np.square(np.abs(np.fft.fft2(grey))).sum(axis=0)
    power /= len(images)
    radius = np.hypot(np.fft.fftfreq(height)[:, np.newaxis], np.fft.fftfreq(width)) * min(height, width)
    rings = np.rint(radius).astype(np.int64).ravel()
    mean = np.bincount(rings, weights=power.ravel()) / np.maximum(np.bincount(rings), 1)
    # The corners beyond hold fewer and fewer directions.
    floored: Float64 = np.maximum(mean[: min(height, width) // 2 + 1], height * width / 12)
    return floored


def decibels(power: Float64) -> Float64:
    """10 log10 of the power."""
    level: Float64 = 10 * np.log10(power)
    return level


def compute(comparison: Comparison[Options]) -> Measured:
    """``spectrum_db``: mean over rings of the absolute difference of both spectra, in decibels; 3 is half or double the power.

    Raises ConfigError for images of one pixel.
    """
    sides = [comparison.generated.images, comparison.reference.images]
    if min(sides[0].shape[1:3]) < 2:
        raise ConfigError("spectrum needs images of at least 2x2 pixels.")
    generated, real = (decibels(power_spectrum(side)) for side in sides)
    return Measured(
        values={"spectrum_db": float(np.abs(generated - real).mean())},
        details={"generated_db": generated.tolist(), "real_db": real.tolist()},
    )
