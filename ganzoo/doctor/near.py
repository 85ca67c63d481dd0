"""The nearest of many images to some, by their pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from ganzoo.evaluation.samples import Labels, Pixels
from ganzoo.training.pixels import small

BLOCK = 4096  # images whose distances are taken at a time; averaged to 32x32 RGB they are 48 MiB
PART = 64  # images that are in memory at their full size


class Near(NamedTuple):
    """For each of N images, the nearest and the second nearest of others: how far they are (N, 2), and which (N, 2)."""

    distances: Tensor
    places: Tensor


def nearest(
    images: Pixels,
    among: Pixels,
    *,
    places: Labels | None = None,
    but: Labels | None = None,
    block: int = BLOCK,
    advance: Callable[[int], None] | None = None,
) -> Near:
    """Of images uint8 (N, H, W, C), the two nearest ``among`` others (M, H, W, C), averaged to 32x32 pixels.

    ``places``: which of the others are looked at, 2 or more; all, if it is None. ``but``: (N,), which of them is the image itself
    and not to be found. ``advance`` is told how many are looked at.
    """
    wanted = _points(images, np.arange(len(images)))
    places = np.arange(len(among)) if places is None else places
    best = Near(torch.full((len(wanted), 2), torch.inf), torch.zeros(len(wanted), 2, dtype=torch.int64))
    for first in range(0, len(places), block):
        here = torch.from_numpy(places[first : first + block])
        others = _points(among, here.numpy())
        apart = torch.cdist(wanted, others)
        if but is not None:
            apart[torch.from_numpy(but)[:, None] == here] = torch.inf
        found = apart.topk(min(2, len(others)), dim=1, largest=False)
        # By differences: by products, which is quicker, equal images are a little apart.
        exact = (wanted[:, None] - others[found.indices]).norm(dim=2).where(found.values < torch.inf, torch.inf)
        distances = torch.cat([best.distances, exact], dim=1)
        order = distances.argsort(dim=1, stable=True)[:, :2]
        best = Near(distances.gather(1, order), torch.cat([best.places, here[found.indices]], dim=1).gather(1, order))
        if advance:
            advance(len(here))
    return best


def _points(images: Pixels, places: Labels) -> Tensor:
    """Those of images uint8 (N, H, W, C), averaged: (n, F) of -1 ... 1."""
    parts = (torch.from_numpy(images[places[first : first + PART]]) for first in range(0, len(places), PART))
    return torch.cat([small(part.permute(0, 3, 1, 2).float() / 127.5 - 1) for part in parts])
