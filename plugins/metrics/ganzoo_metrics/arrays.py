"""Names of arrays, and the choice of some images of many."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Float32: TypeAlias = npt.NDArray[np.float32]
Float64: TypeAlias = npt.NDArray[np.float64]
Pixels: TypeAlias = npt.NDArray[np.uint8]
Ints: TypeAlias = npt.NDArray[np.int64]
Points: TypeAlias = npt.NDArray[np.uint8] | Float32


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
