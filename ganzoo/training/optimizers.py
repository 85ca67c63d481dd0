"""Optimizers from their configuration."""

from collections.abc import Iterable

import torch
from torch import nn

from ganzoo.config import OptimizerConfig


def build_optimizer(parameters: Iterable[nn.Parameter], config: OptimizerConfig) -> torch.optim.Optimizer:
    """Adam, RMSProp or SGD over ``parameters``; fused kernels where torch has them."""
    parameters = list(parameters)
    if config.kind == "adam":
        return torch.optim.Adam(parameters, lr=config.lr, betas=config.betas, eps=config.eps, fused=True)
    if config.kind == "rmsprop":
        return torch.optim.RMSprop(
            parameters, lr=config.lr, alpha=config.alpha, eps=config.eps, momentum=config.momentum, foreach=True
        )
    return torch.optim.SGD(parameters, lr=config.lr, momentum=config.momentum, fused=True)
