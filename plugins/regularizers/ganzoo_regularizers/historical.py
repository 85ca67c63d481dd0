"""Historical averaging (Salimans et al. 2016, arXiv:1606.03498, section 3.3): weights are held near their own past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from ganzoo import TechniqueContext
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import HistoricalOptions


class Past(nn.Module):
    """The mean of a network's weights over all steps so far, each counted alike."""

    mean: Tensor
    count: Tensor

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros_like(flat(network)))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    def distance(self, network: nn.Module) -> Tensor:
        """||theta - mean of theta[1 ... t]||^2, the present one included. Returns (). Source: section 3.3."""
        weights = flat(network)
        self.count.add_(1)
        self.mean.add_((weights.detach() - self.mean) / self.count)
        return (weights - self.mean.clone()).square().sum()


class HistoricalAveraging(Technique):
    """``weight`` times the distance of each player's weights from their mean, in its own step."""

    def __init__(self, context: TechniqueContext[HistoricalOptions]) -> None:
        super().__init__()
        self.weight = context.options.weight
        self.interval = context.options.interval
        self.of_d, self.of_g = Past(context.discriminator), Past(context.generator)

    def d_penalty(self, step: Step) -> Tensor:
        return self.weight * self.of_d.distance(step.discriminator)

    def g_penalty(self, step: Step) -> Tensor:
        return self.weight * self.of_g.distance(step.generator)


def flat(network: nn.Module) -> Tensor:
    """All weights in a row, (number of parameters,)."""
    return torch.cat([parameter.reshape(-1) for parameter in network.parameters()])
