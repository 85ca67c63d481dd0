"""A discriminator that sees how its images differ among themselves, so that a generator that makes one image is found out.

Both add statistics of the batch to the discriminator's features and, by a linear layer, to its logits.
"""

import torch
from torch import Tensor, nn

from ganzoo.nn import DOutput, as_output, gather_samples


class MinibatchDiscrimination(nn.Module):
    """o_b(x_i) = sum over j != i of exp(-||M_ib - M_jb||_1), with M_i = f(x_i) T and T of (F, ``kernels``, ``width``).

    images (N, C, H, W) -> logits (N,), features (N, F + kernels); j runs over the whole batch, of all processes. Source: Salimans
    et al. 2016, arXiv:1606.03498, section 3.2.
    """

    mixes_samples = True

    def __init__(self, inner: nn.Module, features: int, *, kernels: int, width: int) -> None:
        super().__init__()
        self.inner, self.kernels, self.width = inner, kernels, width
        self.to_rows = nn.Linear(features, kernels * width, bias=False)
        self.to_logit = nn.Linear(kernels, 1, bias=False)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output = as_output(self.inner(images, c))
        assert output.features is not None  # looked up when this was built
        rows = self.to_rows(output.features).unflatten(1, (self.kernels, self.width))
        distances = (rows[:, None] - gather_samples(rows)[None]).abs().sum(3)  # (n, N, kernels)
        closeness = torch.exp(-distances).sum(1) - 1  # each is at distance 0 from itself
        return _with(output, closeness, self.to_logit)


class MinibatchDeviation(nn.Module):
    """The mean, over features, of their standard deviation among ``group`` images: one number for each of them.

    images (N, C, H, W) -> logits (N,), features (N, F + 1); where ``group`` does not divide N, all images are one group. Source:
    Karras et al. 2018, arXiv:1710.10196, section 3, there before the last convolution, here on any discriminator's features.
    """

    mixes_samples = True

    def __init__(self, inner: nn.Module, *, group: int) -> None:
        super().__init__()
        self.inner, self.group = inner, group
        self.to_logit = nn.Linear(1, 1, bias=False)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output = as_output(self.inner(images, c))
        assert output.features is not None  # looked up when this was built
        deviation = mean_deviation(output.features, self.group)
        return _with(output, deviation, self.to_logit)


def mean_deviation(features: Tensor, group: int) -> Tensor:
    """Mean standard deviation of features among the images of each group. Shapes: (N, F) -> (N, 1)."""
    n = len(features)
    size = group if n % group == 0 else n
    variance = features.unflatten(0, (-1, size)).var(1, correction=0)  # (groups, F)
    # The root's gradient at 0 is infinite.
    deviation: Tensor = (variance + 1e-8).sqrt().mean(1, keepdim=True)
    return deviation.repeat_interleave(size, 0)


def _with(output: DOutput, statistics: Tensor, to_logit: nn.Linear) -> DOutput:
    assert output.features is not None
    logits: Tensor = output.logits + to_logit(statistics).squeeze(1)
    return output._replace(logits=logits, features=torch.cat([output.features, statistics], dim=1))
