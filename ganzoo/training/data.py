"""Training images in shuffled epochs without end, in an order that needs no memory: on the device, or read as they come."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ganzoo import ranks
from ganzoo.specs import ImageData
from ganzoo.techniques import Random

READ_AHEAD = 4  # batches: enough for a disk that hesitates, little beside what a step itself takes
READERS = 2
SHARE_OF_MEMORY = 0.5  # of what is free on a CUDA device; the networks want the rest


class Taken(NamedTuple):
    """What a step is fed, on the way to the device: all that changes from one replay of a recorded step to the next.

    ``places``: (n,) int64, which images of the data; ``images``: (n, C, H, W) uint8, those themselves if they were read.
    """

    places: Tensor
    images: Tensor | None = None

    def part(self, begin: int, size: int) -> Taken:
        """``size`` of them."""
        images = None if self.images is None else self.images[begin : begin + size]
        return Taken(self.places[begin : begin + size], images)

    def on(self, device: torch.device) -> Taken:
        """The same on a device, without waiting for it."""
        images = None if self.images is None else self.images.to(device, non_blocking=True)
        return Taken(self.places.to(device, non_blocking=True), images)

    def copied_to(self, device: torch.device) -> Taken:
        """A copy on a device."""
        return Taken(
            self.places.to(device, copy=True), None if self.images is None else self.images.to(device, copy=True)
        )

    def refill(self, other: Taken) -> None:
        """Take over another's values in place, without waiting for them."""
        self.places.copy_(other.places, non_blocking=True)
        if self.images is not None and other.images is not None:
            self.images.copy_(other.images, non_blocking=True)


class TrainingData(ABC):
    """Images and labels, drawn in shuffled epochs without end.

    The order is a function of ``seed`` alone: position p lies in epoch p // N, whose permutation is drawn from the seed and
    the epoch's number. So the state of the order is one integer, ``position``. Several processes each take their share of
    a batch, and go on together.
    """

    def __init__(self, data: ImageData, *, conditional: bool, seed: int, device: torch.device) -> None:
        labelled = conditional and data.labels is not None
        self.labels = torch.from_numpy(data.labels).to(device, torch.int64) if labelled else None
        self.position = 0
        self.device = device
        self._count, self._seed = len(data.images), seed
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def __len__(self) -> int:
        return self._count

    @abstractmethod
    def take(self, size: int, rounds: int = 1) -> Taken:
        """This process's share of the next ``size`` images of all, ordered by the rounds in which they will be used."""

    @abstractmethod
    def images(self, taken: Taken) -> Tensor:
        """The images themselves, (n, C, H, W) float32 in [-1, 1] on the device, from what was taken and is there by now."""

    def labels_of(self, taken: Taken) -> Tensor | None:
        """The labels (n,) that go with the images, or None."""
        return None if self.labels is None else self.labels[taken.places]

    def draw_labels(self, size: int, random: Random) -> Tensor | None:
        """Labels (size,) as frequent as in the data, or None."""
        return None if self.labels is None else self.labels[random.integers(len(self.labels), size)]

    def _share(self, position: int, size: int, rounds: int) -> Tensor:
        """Indices of this process's part of each round of the batch that begins at ``position``."""
        whole = torch.cat(self._indices(position, size)).view(rounds, ranks.world(), -1)
        return whole[:, ranks.rank()].reshape(-1)

    def _indices(self, position: int, size: int) -> list[Tensor]:
        parts = []
        while size:
            epoch, start = divmod(position, len(self))
            part = self._permutation(epoch)[start : start + size]
            parts.append(part)
            position += len(part)
            size -= len(part)
        return parts

    def _permutation(self, epoch: int) -> Tensor:
        if epoch != self._epoch:
            mixed = np.random.SeedSequence([self._seed, epoch]).generate_state(1, np.uint64)[0]
            random = torch.Generator().manual_seed(int(mixed))
            self._epoch, self._order = epoch, torch.randperm(len(self), generator=random)
        return self._order


class ResidentData(TrainingData):
    """All images on the device, as uint8: indexed and normalised there."""

    def __init__(self, data: ImageData, *, conditional: bool, seed: int, device: torch.device) -> None:
        super().__init__(data, conditional=conditional, seed=seed, device=device)
        # Images straight out of a file may be read-only, which torch does not know; those are copied.
        images = np.require(data.images, requirements=("C", "W"))
        self.pixels = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)  # in memory channels last, as it was

    def take(self, size: int, rounds: int = 1) -> Taken:
        index = self._share(self.position, size, rounds)
        self.position += size
        return Taken(index.pin_memory() if self.device.type == "cuda" else index)

    def images(self, taken: Taken) -> Tensor:
        return _normalised(self.pixels[taken.places])


class StreamedData(TrainingData):
    """Images that stay where they are, in a mapped file or in memory that the device does not have.

    Threads read the next batches while a step is at work: what is read is this process's share only.
    """

    def __init__(self, data: ImageData, *, conditional: bool, seed: int, device: torch.device) -> None:
        super().__init__(data, conditional=conditional, seed=seed, device=device)
        self._source = data.images
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="ganzoo-data")
        self._ahead: deque[tuple[tuple[int, int, int], Future[Taken]]] = deque()

    def take(self, size: int, rounds: int = 1) -> Taken:
        wanted = (self.position, size, rounds)
        if self._ahead and self._ahead[0][0] != wanted:  # another batch size, or the position of a checkpoint
            self._ahead.clear()
        while len(self._ahead) < READ_AHEAD:
            position = self._ahead[-1][0][0] + size if self._ahead else self.position
            index = self._share(position, size, rounds)
            self._ahead.append(((position, size, rounds), self._readers.submit(self._read, index)))
        self.position += size
        return self._ahead.popleft()[1].result()

    def images(self, taken: Taken) -> Tensor:
        assert taken.images is not None  # as this class reads them
        return _normalised(taken.images)

    def _read(self, index: Tensor) -> Taken:
        height, width, channels = self._source.shape[1:]
        pinned = self.device.type == "cuda"
        pixels = torch.empty(len(index), height, width, channels, dtype=torch.uint8, pin_memory=pinned)
        # Unlike indexing, take lets other threads run meanwhile; "clip" because "raise" reads into a copy first.
        np.take(self._source, index.numpy(), axis=0, out=pixels.numpy(), mode="clip")
        return Taken(index.pin_memory() if pinned else index, pixels.permute(0, 3, 1, 2))


def training_data(data: ImageData, *, conditional: bool, seed: int, device: torch.device) -> TrainingData:
    """Images on the device where they fit, else read as they come: from the file that they are mapped from, or from memory."""
    kind = StreamedData if _too_large(data.images, device) else ResidentData
    return kind(data, conditional=conditional, seed=seed, device=device)


def _too_large(images: np.ndarray, device: torch.device) -> bool:
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return images.nbytes > SHARE_OF_MEMORY * free
    return isinstance(images, np.memmap)


def _normalised(pixels: Tensor) -> Tensor:
    return pixels.to(torch.float32).div_(127.5).sub_(1.0)
