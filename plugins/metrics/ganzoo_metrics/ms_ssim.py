"""Multi-scale structural similarity of pairs (Wang et al. 2003, doi:10.1109/ACSSC.2003.1292216): how alike images are.

As a measure of diversity: Odena et al. 2017, arXiv:1610.09585, section 4.2. What to reach is the real images' own value; one
nearer to 1 says that the generated ones resemble each other too much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ganzoo import ConfigError
from ganzoo.evaluation import Comparison, Estimate, Float64, Measured, Pixels
from ganzoo_metrics.arrays import Ints

if TYPE_CHECKING:
    from ganzoo_metrics.options import MsSsimOptions

_WEIGHTS = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])  # Wang et al. 2003, section 3.2
_WINDOW, _SIGMA = 11, 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


def scale_count(height: int, width: int) -> int:
    """How many times, up to 5, images of this size can be halved with 11 pixels left, counting the first; at least 1."""
    count = 1
    while count < len(_WEIGHTS) and min(height, width) >> count >= _WINDOW:
        count += 1
    return count


def ms_ssim(first: Pixels, second: Pixels) -> Float64:
    """Of pairs of images (N, H, W, C), (N, H, W, C): (N,), 1 for equal images; mean over channels.

    prod_j cs_j^w_j * ssim_m^w_m over the scales: cs is the contrast and structure term, ssim has the luminance as well; both
    are means over the image, negative ones taken for 0. Gaussian window of 11 pixels, sigma 1.5, within the image only; K1
    0.01, K2 0.03. Small images have fewer scales, whose weights are the paper's first ones scaled to the sum 1, and images
    below 11 pixels a window of as many as fit.
    """
    x, y = (np.moveaxis(images, 3, 1).astype(np.float64) for images in (first, second))
    scales = scale_count(*x.shape[2:])
    weights = _WEIGHTS[:scales] / _WEIGHTS[:scales].sum()
    similarity = np.ones(x.shape[:2])
    for scale, weight in enumerate(weights):
        ssim, structure = _similarity(x, y)
        similarity *= np.maximum(ssim if scale == scales - 1 else structure, 0) ** weight
        x, y = _halve(x), _halve(y)
    mean: Float64 = similarity.mean(axis=1)
    return mean


def _similarity(x: Float64, y: Float64) -> tuple[Float64, Float64]:
    """SSIM and its contrast-structure term, means over (N, C, H, W): (N, C)."""
    down, across = _window(x.shape[2]), _window(x.shape[3]).T

    def blur(images: Float64) -> Float64:
        blurred: Float64 = down @ images @ across
        return blurred

    mean_x, mean_y = blur(x), blur(y)
    variance = blur(x * x) - mean_x**2 + blur(y * y) - mean_y**2
    structure = (2 * (blur(x * y) - mean_x * mean_y) + _C2) / (variance + _C2)
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return (luminance * structure).mean(axis=(2, 3)), structure.mean(axis=(2, 3))


def _window(length: int) -> Float64:
    """The Gaussian window as a matrix (places, length): it slides along one side, and stays within."""
    size = min(_WINDOW, length - 1 + length % 2)
    taps = np.exp(-0.5 * np.square((np.arange(size) - size // 2) / _SIGMA))
    matrix = np.zeros((length - size + 1, length))
    for place, row in enumerate(matrix):
        row[place : place + size] = taps / taps.sum()
    return matrix


def _halve(images: Float64) -> Float64:
    """Means of 2x2 pixels of (N, C, H, W); an odd last row or column is dropped."""
    even = images[:, :, : images.shape[2] // 2 * 2, : images.shape[3] // 2 * 2]
    return (even[:, :, ::2, ::2] + even[:, :, 1::2, ::2] + even[:, :, ::2, 1::2] + even[:, :, 1::2, 1::2]) / 4


def random_pairs(count: int, pairs: int, random: np.random.RandomState) -> tuple[Ints, Ints]:
    """Pairs of different ones of ``count`` images, each pair as likely as another: (pairs,), (pairs,)."""
    first = random.randint(0, count, size=pairs)
    return first, (first + random.randint(1, count, size=pairs)) % count


def similarities(images: Pixels, pairs: int, seed: int) -> Float64:
    """``ms_ssim`` of random pairs of images (N, H, W, C), N >= 2: (pairs,)."""
    first, second = random_pairs(len(images), pairs, np.random.RandomState(seed))
    return np.concatenate([ms_ssim(images[first[k : k + 64]], images[second[k : k + 64]]) for k in range(0, pairs, 64)])


def compute(comparison: Comparison[MsSsimOptions]) -> Measured:
    """Pairs of any two images. Raises ConfigError for fewer than 2 of either side."""
    options = comparison.options
    sides = comparison.generated.images, comparison.reference.images
    if min(map(len, sides)) < 2:
        raise ConfigError("ms-ssim compares pairs: it needs 2 images of either side.")
    generated, real = (_estimate([similarities(side, options.pairs, options.seed)]) for side in sides)
    return Measured(
        values={"ms_ssim": generated, "ms_ssim_real": real}, details={"scales": scale_count(*sides[0].shape[1:3])}
    )


def compute_within_classes(comparison: Comparison[MsSsimOptions]) -> Measured:
    """Pairs of one class; the mean of the classes' means. Raises ConfigError where no class has 2 images of both sides."""
    options, names = comparison.options, comparison.class_names
    sides = comparison.generated, comparison.reference
    counts = [np.bincount(side.labels, minlength=len(names)) for side in sides]
    present = [label for label in range(len(names)) if min(count[label] for count in counts) >= 2]
    if not present:
        raise ConfigError("intra-ms-ssim compares pairs within classes, and no class has 2 images of both sides.")
    pairs = max(options.pairs // len(present), 1)
    generated, real = (
        [similarities(side.images[side.labels == label], pairs, options.seed + label) for label in present]
        for side in sides
    )
    notes = []
    if len(present) < len(names):
        left_out = [name for label, name in enumerate(names) if label not in present]
        notes.append(f"intra-ms-ssim leaves out classes with fewer than 2 images of one side: {', '.join(left_out)}.")
    return Measured(
        values={"intra_ms_ssim": _estimate(generated), "intra_ms_ssim_real": _estimate(real)},
        notes=notes,
        details={
            "scales": scale_count(*sides[0].images.shape[1:3]),
            "generated": {names[label]: float(found.mean()) for label, found in zip(present, generated, strict=True)},
            "real": {names[label]: float(found.mean()) for label, found in zip(present, real, strict=True)},
        },
    )


def _estimate(groups: list[Float64]) -> Estimate:
    """The mean over equally many pairs of each group, with the standard error over pairs."""
    variance = np.mean([group.var() for group in groups])
    pairs = sum(map(len, groups))
    return Estimate(float(np.concatenate(groups).mean()), float(np.sqrt(variance / pairs)), f"{pairs:,} pairs")
