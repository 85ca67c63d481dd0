"""Networks that grow while they are trained."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from bisect import bisect_left
from typing import Any

import torch
from torch import Tensor, nn

# Levels between two stages: as fine as float32 holds them, so that a checkpoint has the level itself and not one near it.
STEPS = 2**16
LONGEST = 10**12  # images: more than any training sees


class Growing(nn.Module, ABC):
    """Base of a network whose layers come into play one after the other, as in progressive growing (arXiv:1710.10196).

    ``stage`` (an int, 0 ... ``last``) are the layers in play, and ``fading`` says whether the newest of them is still coming in:
    for Python to branch on, as steps of each are recorded apart. ``fade`` (a tensor () in (0, 1] on the device) is how far it has
    come, 1 where nothing is fading. A network is built full-grown; a training calls ``grow`` before every step, and whoever loads
    its weights gets it as it was then.

    What only smaller stages need is left out of a network that never grows: a parameter that nothing reaches is no part of it.
    """

    level: Tensor

    def __init__(self, last: int) -> None:
        super().__init__()
        self.last = self.stage = last
        self.fading = False
        self.register_buffer("level", torch.tensor(float(last)))

    @abstractmethod
    def level_at(self, nimg: int) -> float:
        """Where it is to stand after ``nimg`` real images: 0 is the smallest, 1.25 a quarter of the way from stage 1 to 2."""

    def shown(self, images: Tensor) -> Tensor:
        """Real images (N, C, H, W) as a discriminator that stands here is to see them: at first they are coarser. Same shape."""
        return images

    def grow(self, nimg: int) -> None:
        """Stand where it is to stand by now."""
        self.stand(self.level_at(nimg))

    def stand(self, level: float) -> None:
        """Stand at ``level``, or at the nearest that there is."""
        level = round(max(0.0, min(level, self.last)) * STEPS) / STEPS
        self.level.fill_(level)
        self._branch(level)

    @property
    def fade(self) -> Tensor:
        """1 + level - stage: the weight of the newest stage beside the one before it."""
        return 1 + self.level - self.stage

    def _branch(self, level: float) -> None:
        self.stage = math.ceil(level)
        self.fading = self.stage != level

    def _load_from_state_dict(self, *args: Any, **kwargs: Any) -> None:
        super()._load_from_state_dict(*args, **kwargs)
        if self.level.device.type != "meta":
            self._branch(self.level.item())


def coarse(network: nn.Module, nimg: int) -> str:
    """A sentence about a network that is not full-grown after ``nimg`` real images; nothing if it is, or does not grow."""
    growing = next((m for m in network.modules() if isinstance(m, Growing)), None)
    if growing is None or growing.level_at(nimg) >= growing.last:
        return ""
    full = bisect_left(range(LONGEST), True, key=lambda n: growing.level_at(n) >= growing.last)
    when = f"after {full / 1000:g} kimg" if full < LONGEST else "never"
    return (
        f"After {nimg / 1000:g} kimg the networks stand at {growing.level_at(nimg):.2f} of {growing.last} stages of growth, and "
        f"images are coarser than their size; full-grown they are {when}."
    )
