"""Sliced Wasserstein distance of patches (Karras et al. 2018, arXiv:1710.10196, section 5), a number for each scale.

Departs in numbers, which are options: fewer images and patches, which raise the distance of equal distributions from 0 a
little. Sizes that halve to an odd or too small number end the pyramid sooner, so 28x28 images have one level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ganzoo import ConfigError
from ganzoo.divergences import sliced_wasserstein_distance
from ganzoo.evaluation import Comparison, Float32, Measured, Pixels
from ganzoo_metrics.arrays import chosen

if TYPE_CHECKING:
    from ganzoo_metrics.options import SwdOptions

_BINOMIAL = np.array([1, 4, 6, 4, 1], dtype=np.float32) / 16


def smooth(images: Float32) -> Float32:
    """Images (N, H, W, C) through the 5x5 binomial filter of Burt & Adelson 1983; borders are mirrored."""
    for axis in (1, 2):
        padding = [(2, 2) if dimension == axis else (0, 0) for dimension in range(4)]
        padded, length = np.pad(images, padding, mode="reflect"), images.shape[axis]
        shifted = (np.take(padded, range(tap, tap + length), axis=axis) for tap in range(5))
        images = sum((weight * part for weight, part in zip(_BINOMIAL, shifted, strict=True)), np.zeros_like(images))
    return images


def laplacian_pyramid(images: Float32, smallest: int) -> list[Float32]:
    """What each size adds to the one half as large, the largest first; the last is the smallest image itself.

    Images (N, H, W, C) halve while both sides are even and stay at ``smallest`` pixels or more.
    """
    levels = [images]
    while all(side % 2 == 0 and side // 2 >= max(smallest, 3) for side in levels[-1].shape[1:3]):
        above = levels[-1]
        below = smooth(above)[:, ::2, ::2]
        spread = np.zeros_like(above)
        spread[:, ::2, ::2] = below
        levels[-1] = above - 4 * smooth(spread)
        levels.append(below)
    return levels


def patches(level: Float32, *, count: int, side: int, random: np.random.RandomState) -> Float32:
    """``count`` square patches at random places of each image (N, H, W, C): (N * count, side * side * C).

    Each channel is shifted and scaled to mean 0 and standard deviation 1 over all patches.
    """
    n, height, width, _ = level.shape
    image = np.repeat(np.arange(n), count)[:, np.newaxis, np.newaxis]
    top = random.randint(0, height - side + 1, size=(n * count, 1, 1)) + np.arange(side)[:, np.newaxis]
    left = random.randint(0, width - side + 1, size=(n * count, 1, 1)) + np.arange(side)
    found = level[image, top, left]
    found -= found.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)
    found /= np.maximum(found.std(axis=(0, 1, 2), dtype=np.float64), 1e-8).astype(np.float32)
    rows: Float32 = found.reshape(n * count, -1)
    return rows


def compute(comparison: Comparison[SwdOptions]) -> Measured:
    """1,000 times the distance, as in the paper; ``levels`` has each size. Raises ConfigError for images below a patch."""
    options = comparison.options
    sides = [comparison.generated.images, comparison.reference.images]
    _, height, width, _ = sides[0].shape
    if min(height, width) < options.patch:
        raise ConfigError(
            f"swd takes patches of {options.patch} pixels from images of {width}x{height}: set a smaller patch."
        )
    count = min(options.max_images, *map(len, sides))
    pyramids = [_pyramid(side[chosen(len(side), count, options.seed)], options) for side in sides]
    random = np.random.RandomState(options.seed)
    levels = {}
    for generated, real in zip(*pyramids, strict=True):
        places = int(random.randint(2**31))
        x, y = (
            patches(level, count=options.patches, side=options.patch, random=np.random.RandomState(places + shift))
            for shift, level in enumerate((generated, real))
        )
        directions = random.standard_normal((options.projections, x.shape[1]))
        levels[f"{generated.shape[2]}x{generated.shape[1]}"] = 1000 * sliced_wasserstein_distance(x, y, directions)
    return Measured(values={"swd": float(np.mean(list(levels.values())))}, details={"levels": levels, "images": count})


def _pyramid(images: Pixels, options: SwdOptions) -> list[Float32]:
    return laplacian_pyramid(images.astype(np.float32), max(options.smallest, options.patch))
