"""scikit-learn's digits: in the library, so there is nothing to download (Alpaydin & Kaynak 1998, CC BY 4.0).

The 1,797 images are the test part of the UCI set, by 13 writers. They are split here once and for all, in their order:
the first 1,500 are for training, the last 297 for testing. Both hold each class in nearly equal numbers.
"""

import numpy as np

from ganzoo import DataRequest, ImageData

TRAIN = slice(0, 1500)
TEST = slice(1500, 1797)
BRIGHTEST = 16


def load(request: DataRequest) -> ImageData:
    """8x8 grey images, white on black."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    part = TRAIN if request.split == "train" else TEST
    images = (digits.images[part] * (255 / BRIGHTEST)).round().astype(np.uint8)
    return ImageData(
        images=images[..., None],
        labels=digits.target[part].astype(np.int64),
        class_names=tuple(str(name) for name in digits.target_names),
    )
