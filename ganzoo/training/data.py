"""Training images on the device, as uint8: gathered, normalised and flipped there, in an order that needs no memory."""

import numpy as np
import torch
from torch import Tensor

from ganzoo.specs import ImageData


class DeviceData:
    """Images (N, C, H, W) uint8 on ``device``, and labels (N,) int64 or None, drawn in shuffled epochs without end.

    The order is a function of ``seed`` alone: position p lies in epoch p // N, whose permutation is drawn from the seed and
    the epoch's number. So the state of the order is one integer, ``position``.
    """

    def __init__(self, data: ImageData, *, conditional: bool, seed: int, device: torch.device) -> None:
        # Images straight out of a file may be read-only, which torch does not know; those are copied.
        images = np.require(data.images, requirements=("C", "W"))
        self.images = torch.from_numpy(images).to(device).permute(0, 3, 1, 2)  # in memory channels last, as it was
        labelled = conditional and data.labels is not None
        self.labels = torch.from_numpy(data.labels).to(device, torch.int64) if labelled else None
        self.position = 0
        self._seed = seed
        self._epoch, self._order = -1, torch.empty(0, dtype=torch.int64)

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, size: int) -> tuple[Tensor, Tensor | None]:
        """The next ``size`` images, (size, C, H, W) float32 in [-1, 1], and their labels (size,) or None."""
        index = torch.cat(self._indices(size)).to(self.images.device)
        images = self.images[index].to(torch.float32).div_(127.5).sub_(1.0)
        return images, None if self.labels is None else self.labels[index]

    def draw_labels(self, size: int, random: torch.Generator) -> Tensor | None:
        """Labels (size,) as frequent as in the data, or None."""
        if self.labels is None:
            return None
        return self.labels[torch.randint(len(self.labels), (size,), generator=random, device=self.labels.device)]

    def _indices(self, size: int) -> list[Tensor]:
        parts = []
        while size:
            epoch, start = divmod(self.position, len(self))
            if epoch != self._epoch:
                mixed = np.random.SeedSequence([self._seed, epoch]).generate_state(1, np.uint64)[0]
                random = torch.Generator().manual_seed(int(mixed))
                self._epoch, self._order = epoch, torch.randperm(len(self), generator=random)
            part = self._order[start : start + size]
            parts.append(part)
            self.position += len(part)
            size -= len(part)
        return parts
