"""A labelled data set with a test split, as tensors, and the batches that are drawn from it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ganzoo import ConfigError, DataError, ImageData, ImageShape, get_registry
from ganzoo.data import content_sha256, load_dataset, public_name

SMALLEST = 8


@dataclass(frozen=True, kw_only=True)
class LabelledData:
    """``images`` and ``test_images``: uint8 (N, C, H, W); ``labels`` and ``test_labels``: int64 (N,); the hash of it all."""

    name: str
    sha256: str
    images: Tensor
    labels: np.ndarray
    test_images: Tensor
    test_labels: np.ndarray
    num_classes: int

    @property
    def shape(self) -> ImageShape:
        """Channels, height and width."""
        return ImageShape(*self.images.shape[1:])


def load(name: str, *, resolution: int | None = None, data_dir: Path | None = None) -> LabelledData:
    """Both splits of the data set of that name.

    Raises UnknownName, DataError for a data set that is missing, damaged or without a test split, ConfigError for one without
    labels, with a single class, not square, or below 8 pixels.
    """
    registry = get_registry()
    train = load_dataset(name, registry, resolution=resolution, data_dir=data_dir)
    if train.labels is None or len(train.class_names) < 2:
        found = "no labels" if train.labels is None else "a single class"
        raise ConfigError(
            f"Data set {name!r} has {found}; semi-supervised learning needs classes. Expected a labelled one with a test "
            f"split, such as digits or mnist; for your own images, a folder for each class within 'train' and 'test'."
        )
    _, height, width, channels = train.images.shape
    if height != width:
        raise ConfigError(
            f"Images of {height}x{width} are not square, as these networks have them. Expected '--resolution N', and of a "
            "packed folder one that was packed with it."
        )
    if height < SMALLEST:
        raise ConfigError(f"Images of {height}x{width} are too small; expected '--resolution {SMALLEST}' or more.")
    test = load_dataset(name, registry, resolution=height, channels=channels, data_dir=data_dir, split="test")
    if test.labels is None or test.class_names != train.class_names:
        raise DataError(f"The test split of data set {name!r} has other classes than its training split.")
    return LabelledData(
        name=public_name(name),
        sha256=hashlib.sha256(f"{content_sha256(train)} {content_sha256(test)}".encode()).hexdigest(),
        images=_tensor(train),
        labels=train.labels,
        test_images=_tensor(test),
        test_labels=test.labels,
        num_classes=len(train.class_names),
    )


def _tensor(data: ImageData) -> Tensor:
    return torch.from_numpy(np.require(data.images.transpose(0, 3, 1, 2), requirements=("C", "W")))


def to_float(images: Tensor) -> Tensor:
    """uint8 0 ... 255 -> float32 in [0, 1]."""
    return images.to(torch.float32).div_(255)


def shift(images: Tensor, most: int) -> Tensor:
    """Each image moved by up to ``most`` pixels in both directions; what comes in repeats the border.

    Shapes: (N, C, H, W) -> the same.
    """
    number, _, height, width = images.shape
    padded = F.pad(images, [most] * 4, mode="replicate")
    by = torch.randint(0, 2 * most + 1, (2, number, 1), device=images.device)
    rows = by[0] + torch.arange(height, device=images.device)  # (N, H)
    columns = by[1] + torch.arange(width, device=images.device)  # (N, W)
    each = torch.arange(number, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[each, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def shuffled(count: int, size: int, random: torch.Generator) -> Iterator[Tensor]:
    """Indices (size,) of 0 ... count - 1 without end: every index once before any comes again."""
    order = torch.empty(0, dtype=torch.int64)
    while True:
        while len(order) < size:
            order = torch.cat([order, torch.randperm(count, generator=random)])
        yield order[:size]
        order = order[size:]
