"""Three random MNIST digits an image, one in each channel: a thousand modes that can be told apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ganzoo import DataRequest, ImageData, get_registry
from ganzoo.data import load_dataset

NAME = "stacked-mnist"
CLASS_NAMES = tuple(f"{k:03d}" for k in range(1000))  # red, green, blue
KEYS = {"train": 0, "test": 1}


def load(request: DataRequest) -> ImageData:
    """As many images as the split has digits, of digits of that split only: uint8 (N, H, W, 3), class 100 r + 10 g + b.

    Digits are drawn with replacement, without regard to their classes, so a class is as frequent as its digits are. Raises what
    the data set ``mnist`` raises.

    Source: Metz et al. 2017, arXiv:1611.02163, section 3.3.1. Departs: the code of Lin et al. 2018, arXiv:1712.04086, draws
    128,000 triples out of both splits together; here there are as many as digits, and the splits stay apart.
    """
    # Digits are resized before they are stacked: the same pixels for a third of the work.
    digits = load_dataset(
        "mnist", get_registry(), resolution=request.resolution, data_dir=request.files.data_dir, split=request.split
    )
    assert digits.labels is not None
    chosen = triples(len(digits.images), key=KEYS[request.split])
    images = np.empty((*digits.images.shape[:3], 3), np.uint8)
    for channel in range(3):
        images[..., channel] = digits.images[chosen[:, channel], ..., 0]
    labels = digits.labels[chosen] @ np.array([100, 10, 1])
    return ImageData(images=images, labels=labels, class_names=CLASS_NAMES, licence=digits.licence)


def triples(count: int, *, key: int) -> npt.NDArray[np.int64]:
    """(count, 3) numbers in 0 ... count - 1, the same for ever: floor(w count / 2**32), w the upper half of a word.

    The words are those of Philox4x64-10 (Salmon et al. 2011, doi:10.1145/2063384.2063405) under ``key``, in order. NumPy promises
    a bit generator's raw words, not what ``Generator.integers`` makes of them.
    """
    words = np.random.Philox(key=key).random_raw(3 * count) >> np.uint64(32)
    return ((words * np.uint64(count)) >> np.uint64(32)).astype(np.int64).reshape(count, 3)
