"""Instance noise (Sønderby et al. 2017, arXiv:1610.04490; Arjovsky & Bottou 2017, arXiv:1701.04862): densities that overlap."""

import torch
from torch import Tensor

from ganzoo.techniques import Random, Step, Transform


class InstanceNoise(Transform):
    """Adds normal noise to real and generated images, of a standard deviation that falls to 0 in a line over ``kimg``.

    images: (N, C, H, W) -> the same shape; values may leave [-1, 1]. Source: arXiv:1610.04490, section 3.
    """

    deviation: Tensor

    def __init__(self, deviation: float, kimg: float) -> None:
        super().__init__()
        self.first, self.kimg = deviation, kimg
        self.register_buffer("deviation", torch.full((), deviation))

    def forward(self, images: Tensor, random: Random) -> Tensor:
        return images + self.deviation.clone() * random.normal(*images.shape)

    def after_d_step(self, step: Step) -> None:
        self.deviation.copy_(self.first * (1 - step.nimg / (1000 * self.kimg)).clamp(min=0))
