"""Points of each distribution, as images of one row and two pixels."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ganzoo import ImageData

Float64 = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

COUNTS = {"train": 50_000, "test": 10_000}
SEEDS = {"train": 0, "test": 1}
DEVIATION = 0.02  # of a mode: 2.6 levels of a pixel
RADIUS, SPACING = 0.75, 0.4


def load(name: str, split: str) -> ImageData:
    """A split of the distribution ``name``, the same every time: uint8 (N, 1, 2, 1), and the mode of each point."""
    points, labels, names = DRAWN[name](np.random.default_rng(SEEDS[split]), COUNTS[split])
    return ImageData(images=as_pixels(points), labels=labels, class_names=names)


def as_pixels(points: Float64) -> npt.NDArray[np.uint8]:
    """(N, 2) in [-1, 1] -> uint8 (N, 1, 2, 1)."""
    levels = np.clip(np.round(127.5 * points + 127.5), 0, 255).astype(np.uint8)
    return levels[:, np.newaxis, :, np.newaxis]


def as_points(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """The inverse, but for the rounding: (N, 1, 2, 1) -> float32 (N, 2) in [-1, 1]."""
    points: npt.NDArray[np.float32] = pixels.reshape(-1, 2).astype(np.float32) / np.float32(127.5) - 1
    return points


def _modes(centres: Float64, random: np.random.Generator, count: int) -> tuple[Float64, Classes]:
    """Points around each of ``centres`` (K, 2), as often around one as around another."""
    labels = random.permutation(np.arange(count) % len(centres))
    return centres[labels] + DEVIATION * random.standard_normal((count, 2)), labels


def ring8(random: np.random.Generator, count: int) -> tuple[Float64, Classes, tuple[str, ...]]:
    """Eight modes on a circle (Metz et al. 2017, arXiv:1611.02163, section 3.1, there of radius 2)."""
    angles = 2 * math.pi * np.arange(8) / 8
    points, labels = _modes(RADIUS * np.stack([np.cos(angles), np.sin(angles)], 1), random, count)
    return points, labels, tuple(f"{45 * k} degrees" for k in range(8))


def grid25(random: np.random.Generator, count: int) -> tuple[Float64, Classes, tuple[str, ...]]:
    """Five by five modes (Dumoulin et al. 2017, arXiv:1606.00704; Lin et al. 2018, arXiv:1712.04086, section 4.1)."""
    places = SPACING * (np.arange(5) - 2)
    centres = np.stack(np.meshgrid(places, places), -1).reshape(-1, 2)
    points, labels = _modes(centres, random, count)
    return points, labels, tuple(f"row {k // 5}, column {k % 5}" for k in range(25))


def swiss_roll(random: np.random.Generator, count: int) -> tuple[Float64, None, tuple[str, ...]]:
    """The spiral of scikit-learn's roll, seen along it."""
    from sklearn.datasets import make_swiss_roll

    rolled, _ = make_swiss_roll(count, noise=0.3, random_state=int(random.integers(2**31)))
    return rolled[:, [0, 2]] / 16, None, ()


def two_moons(random: np.random.Generator, count: int) -> tuple[Float64, Classes, tuple[str, ...]]:
    """scikit-learn's moons."""
    from sklearn.datasets import make_moons

    points, labels = make_moons(count, noise=0.05, random_state=int(random.integers(2**31)))
    return (points - [0.5, 0.25]) / 1.8, labels.astype(np.int64), ("upper", "lower")


def parallel_lines(random: np.random.Generator, count: int) -> tuple[Float64, None, tuple[str, ...]]:
    """(0, U[0, 1]), the real side of example 1 of Arjovsky et al. 2017, arXiv:1701.07875."""
    return np.stack([np.zeros(count), random.random(count)], 1), None, ()


DRAWN = {
    "ring8": ring8,
    "grid25": grid25,
    "swiss-roll": swiss_roll,
    "two-moons": two_moons,
    "parallel-lines": parallel_lines,
}
