"""Optimizers from their configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from ganzoo.config import OptimizerConfig


def build_optimizer(
    parameters: Iterable[nn.Parameter], config: OptimizerConfig, device: torch.device
) -> torch.optim.Optimizer:
    """Adam, RMSProp or SGD over ``parameters``; fused kernels where torch has them.

    On CUDA the learning rate and the step's number are tensors there, so that a recorded step reads them anew each time.
    """
    parameters = list(parameters)
    on_cuda = device.type == "cuda"
    lr: Any = torch.tensor(config.lr, device=device) if on_cuda else config.lr
    if config.kind == "adam":
        return torch.optim.Adam(parameters, lr=lr, betas=config.betas, eps=config.eps, fused=True, capturable=on_cuda)
    if config.kind == "rmsprop":
        return torch.optim.RMSprop(
            parameters,
            lr=lr,
            alpha=config.alpha,
            eps=config.eps,
            momentum=config.momentum,
            foreach=True,
            capturable=on_cuda,
        )
    return torch.optim.SGD(parameters, lr=lr, momentum=config.momentum, fused=True)
