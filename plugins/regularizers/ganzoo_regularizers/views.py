"""Another view of an image, which shows the same: mirrored, and shifted a little."""

import torch
from torch import Tensor

from ganzoo.techniques import Random


def another_view(images: Tensor, random: Random, *, shift: float, flip: bool) -> Tensor:
    """Each image moved by up to ``shift`` of its side in either direction, by whole pixels, and mirrored half of the time.

    What comes in from outside is the image reflected at its edge. Shapes: (N, C, H, W) -> the same. Source: Zhang et al. 2020,
    arXiv:1910.12027, section 3.2.
    """
    n, _, height, width = images.shape
    rows = _places(height, n, random, shift)
    columns = _places(width, n, random, shift)
    if flip:  # all are computed and some are chosen: a mask would wait for the device
        columns = torch.where(random.uniform(n, 1) < 0.5, columns.flip(1), columns)
    moved = images.gather(2, rows[:, None, :, None].expand(images.shape))
    return moved.gather(3, columns[:, None, None, :].expand(images.shape))


def _places(size: int, n: int, random: Random, shift: float) -> Tensor:
    """(n, size): where each of ``size`` rows comes from."""
    reach = min(round(size * shift), size - 1)
    offsets = random.integers(2 * reach + 1, n, 1) - reach
    places = torch.arange(size, device=offsets.device) + offsets
    return (size - 1) - ((size - 1) - places.abs()).abs()  # reflected at both ends, without repeating the edge
