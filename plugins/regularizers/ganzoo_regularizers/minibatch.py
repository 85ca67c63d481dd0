"""A discriminator that sees how its images differ among themselves, so that a generator that makes one image is found out.

Both add statistics of the batch to the discriminator's features and, by a linear layer, to its logits.
"""

import torch
from torch import Tensor, nn

from ganzoo.nn import DOutput, MinibatchCloseness, as_output, mean_deviation


class MinibatchDiscrimination(nn.Module):
    """How close each image is to the others of its batch: images (N, C, H, W) -> logits (N,), features (N, F + kernels).

    Source: Salimans et al. 2016, arXiv:1606.03498, section 3.2.
    """

    def __init__(self, inner: nn.Module, features: int, *, kernels: int, width: int) -> None:
        super().__init__()
        self.inner = inner
        self.closeness = MinibatchCloseness(features, kernels=kernels, width=width)
        self.to_logit = nn.Linear(kernels, 1, bias=False)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output = as_output(self.inner(images, c))
        assert output.features is not None  # looked up when this was built
        return _with(output, self.closeness(output.features), self.to_logit)


class MinibatchDeviation(nn.Module):
    """The mean, over features, of their standard deviation among ``group`` images: one number for each of them.

    images (N, C, H, W) -> logits (N,), features (N, F + 1). Source: Karras et al. 2018, arXiv:1710.10196, section 3, there before
    the last convolution, here on any discriminator's features.
    """

    mixes_samples = True
    allows_penalties = True  # as of PGGAN, which had it under WGAN-GP

    def __init__(self, inner: nn.Module, *, group: int) -> None:
        super().__init__()
        self.inner, self.group = inner, group
        self.to_logit = nn.Linear(1, 1, bias=False)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output = as_output(self.inner(images, c))
        assert output.features is not None  # looked up when this was built
        deviation = mean_deviation(output.features, self.group)
        return _with(output, deviation, self.to_logit)


def _with(output: DOutput, statistics: Tensor, to_logit: nn.Linear) -> DOutput:
    assert output.features is not None
    logits: Tensor = output.logits + to_logit(statistics).squeeze(1)
    return output._replace(logits=logits, features=torch.cat([output.features, statistics], dim=1))
