"""Numbers of an optimizer that change while a game goes on: functions of the images shown, so that resuming keeps them."""

from __future__ import annotations

import math

import torch

from ganzoo.config import Annealing, OptimizerConfig


def annealed(begin: float, annealing: Annealing | None, nimg: int, progress: float) -> float:
    """The value now. ``progress`` is the share of the budget, which counts where no ``kimg`` is given."""
    if annealing is None:
        return begin
    share, end = progress, annealing.to
    if annealing.kimg is not None:
        share = (nimg / 1000 - annealing.begin_kimg) / (annealing.kimg - annealing.begin_kimg)
    share = min(max(share, 0.0), 1.0)
    if annealing.shape == "cosine":
        return end + (begin - end) * (1 + math.cos(math.pi * share)) / 2
    if annealing.shape == "exponential":
        return float(begin * (end / begin) ** share)
    return begin + (end - begin) * share


def anneal(
    optimizer: torch.optim.Optimizer, config: OptimizerConfig, nimg: int, progress: float, lr_scale: float = 1.0
) -> None:
    """Bring the learning rate, times ``lr_scale``, betas and momentum of an optimizer to where they are by now."""
    lr = lr_scale * annealed(config.lr, config.lr_anneal, nimg, progress)
    if config.warmup_kimg:
        lr *= min(1.0, (nimg / 1000) / config.warmup_kimg)
    for group in optimizer.param_groups:
        if torch.is_tensor(group["lr"]):
            group["lr"].fill_(lr)  # a recorded step reads this very tensor
        else:
            group["lr"] = lr
        if config.beta2_anneal:
            group["betas"] = (config.betas[0], annealed(config.betas[1], config.beta2_anneal, nimg, progress))
        if config.momentum_anneal:
            group["momentum"] = annealed(config.momentum, config.momentum_anneal, nimg, progress)


def needs_python(config: OptimizerConfig) -> bool:
    """Whether a number changes that a recorded step would keep as it was: all but the learning rate."""
    return bool(config.beta2_anneal or config.momentum_anneal)
