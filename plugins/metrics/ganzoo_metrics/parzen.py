"""Parzen window log-likelihood (Breuleux et al. 2009; Goodfellow et al. 2014, arXiv:1406.2661, section 5).

A Gaussian of width sigma on each generated image, as the density of real ones. Sigma is the width under which validation
images are likeliest; what is reported is the mean over test images. As the paper's authors released it: pixels in [0, 1],
10,000 generated images, ten widths from 0.1 to 1 evenly spaced in their logarithm, 1,000 training images to choose by, the
whole test split to report on. Departs: the authors' 1,000 are the first of the last 10,000, which the model was not trained
on; here they are drawn from the whole training split, which other data keep in the order of their classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Estimate, Float64, Measured, Pixels
from ganzoo_metrics.arrays import chosen, flat

if TYPE_CHECKING:
    from ganzoo_metrics.options import ParzenOptions

_ROWS, _COLUMNS = 256, 1024


def log_likelihood(images: Pixels, samples: Pixels, sigmas: Float64) -> Float64:
    """Of images (N, H, W, C) under windows on samples (M, H, W, C), pixels in [0, 1], in nats: (len(sigmas), N).

    log 1/M sum_i exp(-||x - s_i||^2 / (2 sigma^2)) - D/2 log(2 pi sigma^2), D = H * W * C. Distances are exact; the sums
    err by some 1e-6 nats.
    """
    queries, centres = flat(images), flat(samples)
    norms = _square_norms(centres)
    likelihoods = np.empty((len(sigmas), len(queries)))
    for top in range(0, len(queries), _ROWS):
        rows = slice(top, top + _ROWS)
        distances = _square_distances(queries[rows], centres, norms)
        closest = distances.min(axis=1)
        # What lies below the largest term may be rounded to float32: it weighs at most as much as that.
        behind = (closest[:, np.newaxis] - distances).astype(np.float32)
        for index, sigma in enumerate(sigmas):
            terms = np.exp(behind * np.float32(0.5 / sigma**2))
            likelihoods[index, rows] = np.log(terms.mean(axis=1, dtype=np.float64)) - closest * (0.5 / sigma**2)
    normaliser: Float64 = queries.shape[1] / 2 * np.log(2 * np.pi * np.square(sigmas))
    return likelihoods - normaliser[:, np.newaxis]


def _square_norms(pixels: Pixels) -> Float64:
    return np.array([np.square(row, dtype=np.float64).sum() for row in pixels])


def _square_distances(queries: Pixels, centres: Pixels, norms: Float64) -> Float64:
    """(n, D), (m, D), (m,) -> (n, m), of pixels in [0, 1]; sums of whole grey levels, so nothing is rounded before the end."""
    rows = queries.astype(np.float64)
    distances = np.empty((len(rows), len(centres)))
    for left in range(0, len(centres), _COLUMNS):
        columns = slice(left, left + _COLUMNS)
        distances[:, columns] = norms[columns] - 2 * (rows @ centres[columns].astype(np.float64).T)
    distances += np.square(rows).sum(axis=1)[:, np.newaxis]
    distances /= 255**2
    return distances


def compute(comparison: Comparison[ParzenOptions]) -> Measured:
    """Raises DataError without a test split, ConfigError for a sigma_max below sigma_min or a single test image."""
    options = comparison.options
    if options.sigma_max < options.sigma_min:
        raise ConfigError(f"parzen: sigma_max {options.sigma_max:g} is below sigma_min {options.sigma_min:g}.")
    sigmas = np.geomspace(options.sigma_min, options.sigma_max, options.sigmas)
    training, test = comparison.real("train").images, comparison.real("test").images
    validation = training[chosen(len(training), options.validation, options.seed)]
    test = test[chosen(len(test), options.test, options.seed)]
    if len(test) < 2:
        raise ConfigError("parzen needs at least 2 test images for a standard error.")
    samples = comparison.generated.images[: options.samples]
    comparison.say(f"Parzen window: {len(test):,} test images against {len(samples):,} generated ones.")
    curve = log_likelihood(validation, samples, sigmas).mean(axis=1)
    best = int(curve.argmax())
    likelihoods = log_likelihood(test, samples, sigmas[best : best + 1])[0]
    height, width, channels = test.shape[1:]
    notes = [
        f"parzen compares with other models at {height}x{width}x{channels} pixels only: it is a density in that many."
    ]
    if len(sigmas) > 1 and best in (0, len(sigmas) - 1):
        end, option = ("smallest", "sigma_min") if best == 0 else ("largest", "sigma_max")
        notes.append(
            f"parzen chose the {end} sigma of all, {sigmas[best]:.3g}: move {option} to see whether it goes on."
        )
    error = float(likelihoods.std()) / np.sqrt(len(test))
    return Measured(
        values={
            "parzen": Estimate(float(likelihoods.mean()), float(error), f"{len(test):,} test images"),
            "parzen_sigma": float(sigmas[best]),
        },
        notes=notes,
        details={
            "samples": len(samples),
            "validation": {f"{sigma:.4g}": float(value) for sigma, value in zip(sigmas, curve, strict=True)},
        },
    )
