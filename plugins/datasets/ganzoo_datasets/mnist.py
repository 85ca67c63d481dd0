"""MNIST and Fashion-MNIST: four IDX files each, by name and checksum, packed or unpacked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganzoo import DataRequest, ImageData
from ganzoo_datasets.idx import read_idx

SIDE = 28
COUNTS = {"train": 60_000, "test": 10_000}
PREFIXES = {"train": "train", "test": "t10k"}


@dataclass(frozen=True)
class Sums:
    """The md5 of an IDX file as published, and of what is in it."""

    packed: str
    unpacked: str


@dataclass(frozen=True)
class Source:
    mirrors: Sequence[str]
    sums: Mapping[str, Sums]
    class_names: tuple[str, ...]


MNIST = Source(
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    sums={
        "train-images-idx3-ubyte": Sums("f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
        "train-labels-idx1-ubyte": Sums("d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
        "t10k-images-idx3-ubyte": Sums("9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
        "t10k-labels-idx1-ubyte": Sums("ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
    },
    class_names=tuple("0123456789"),
)

FASHION_MNIST = Source(
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    sums={
        "train-images-idx3-ubyte": Sums("8d4fb7e6c68d591d4c3dfef9ec88bf0d", "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
        "train-labels-idx1-ubyte": Sums("25c81989df183df01b3e8a0aad5dffbe", "9018921c3c673c538a1fc5bad174d6f9"),
        "t10k-images-idx3-ubyte": Sums("bef4ecab320f06d8554ea6380940ec79", "8181f5470baa50b63fa0f6fddb340f0a"),
        "t10k-labels-idx1-ubyte": Sums("bb300cfdad3c16e7a12a480ee83cd310", "15d484375f8d13e6eb1aabb0c3f46965"),
    },
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
)


def load_mnist(request: DataRequest) -> ImageData:
    """28x28 grey digits, white on black."""
    return _load(request, MNIST)


def load_fashion_mnist(request: DataRequest) -> ImageData:
    """28x28 grey articles of clothing on black."""
    return _load(request, FASHION_MNIST)


def _load(request: DataRequest, source: Source) -> ImageData:
    prefix, count = PREFIXES[request.split], COUNTS[request.split]
    images = read_idx(_find(request, source, f"{prefix}-images-idx3-ubyte"), (count, SIDE, SIDE))
    labels = read_idx(_find(request, source, f"{prefix}-labels-idx1-ubyte"), (count,))
    return ImageData(images=images[..., None], labels=labels.astype(np.int64), class_names=source.class_names)


def _find(request: DataRequest, source: Source, name: str) -> Path:
    """The file as published, or unpacked in the user's folder if only that is there."""
    packed = f"{name}.gz"
    if request.files.local(packed) is None and request.files.local(name) is not None:
        return request.files.find(name, urls=(), checksum=f"md5:{source.sums[name].unpacked}")
    urls = [mirror + packed for mirror in source.mirrors]
    return request.files.find(packed, urls=urls, checksum=f"md5:{source.sums[name].packed}")
