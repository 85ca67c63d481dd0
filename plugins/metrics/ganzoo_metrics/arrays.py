"""Names of arrays, and the choice of some images of many."""

from typing import TypeAlias

import numpy as np

from ganzoo.evaluation import Float32, Labels, Pixels

Ints: TypeAlias = Labels  # int64, whatever they count
Points: TypeAlias = Pixels | Float32


def chosen(count: int, most: int, seed: int) -> Ints:
    """Which of ``count`` images to take, at most ``most``: int64, in ascending order; all where there are no more.

    NumPy keeps RandomState's stream the same for ever, and promises no such thing of its newer generators.
    """
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.RandomState(seed).permutation(count)[:most]).astype(np.int64)


def flat(images: Pixels) -> Pixels:
    """(N, H, W, C) as (N, H * W * C)."""
    return images.reshape(len(images), -1)
