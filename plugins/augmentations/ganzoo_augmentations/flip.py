"""Mirror images, the simplest augmentation that leaves an image natural."""

import torch
from torch import Tensor

from ganzoo.techniques import Random, Transform


class Flip(Transform):
    """Mirrors each image left to right with probability ``p``, independently.

    images: (N, C, H, W) -> the same shape, range and memory format. Below p = 0.5 the discriminator still sees which way
    round the data is; at 0.5 it does not, and the generator's images may be mirrored (Karras et al. 2020, arXiv:2006.06676,
    section 2.2, on augmentations that leak).
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p

    def forward(self, images: Tensor, random: Random) -> Tensor:
        # Both are computed and one is chosen: indexing by the mask would wait for the device.
        mirrored = random.uniform(len(images), 1, 1, 1) < self.p
        return torch.where(mirrored, images.flip(3), images)
