"""What a discriminator can see of a batch: how its images differ among themselves."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from ganzoo.ranks import gather_samples


def mean_deviation(features: Tensor, group: int) -> Tensor:
    """Mean, over features, of their standard deviation among the images of each group of ``group`` neighbours.

    Shapes: (N, ...) -> (N, 1); where ``group`` does not divide N, all images are one group. Source: Karras et al. 2018,
    arXiv:1710.10196, section 3.
    """
    n = len(features)
    size = group if n % group == 0 else n
    variance = features.flatten(1).unflatten(0, (-1, size)).var(1, correction=0)  # (groups, F)
    # The root's gradient at 0 is infinite.
    deviation: Tensor = (variance + 1e-8).sqrt().mean(1, keepdim=True)
    return deviation.repeat_interleave(size, 0)


class MinibatchDeviation2d(nn.Module):
    """x (N, C, H, W) -> (N, C + 1, H, W): a map more, which is everywhere the ``mean_deviation`` of the image's group."""

    mixes_samples = True
    # PGGAN and StyleGAN2 differentiate the sum of the logits all the same: what a neighbour adds to a gradient is small.
    allows_penalties = True

    def __init__(self, group: int = 4) -> None:
        super().__init__()
        self.group = group

    def forward(self, x: Tensor) -> Tensor:
        deviation = mean_deviation(x.float(), self.group).to(x.dtype)
        return torch.cat([x, deviation[:, :, None, None].expand(-1, 1, *x.shape[2:])], dim=1)


class MinibatchCloseness(nn.Module):
    """features f (N, F) -> o (N, kernels): how close each image is to the others of the whole batch, of all processes.

    o_b(x_i) = sum over j != i of exp(-||M_ib - M_jb||_1), with M_i = f(x_i) T and T of (F, ``kernels``, ``width``): "minibatch
    discrimination". Source: Salimans et al. 2016, arXiv:1606.03498, section 3.2.
    """

    mixes_samples = True

    def __init__(self, features: int, *, kernels: int, width: int) -> None:
        super().__init__()
        self.kernels, self.width = kernels, width
        self.to_rows = nn.Linear(features, kernels * width, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        rows = self.to_rows(features).unflatten(1, (self.kernels, self.width))
        distances = (rows[:, None] - gather_samples(rows)[None]).abs().sum(3)  # (n, N, kernels)
        closeness: Tensor = torch.exp(-distances).sum(1) - 1  # each is at distance 0 from itself
        return closeness
