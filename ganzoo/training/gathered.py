"""Batch norm over the samples of all processes that share a batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from ganzoo.errors import ConfigError
from ganzoo.ranks import gather_samples, world


class GatheredBatchNorm(_BatchNorm):
    """Batch norm whose statistics in training are those of all processes' samples: (N, C, ...) -> the same.

    torch's SyncBatchNorm is for CUDA alone and cannot be differentiated twice. Each process must have the same number of samples.
    """

    def _check_input_dim(self, input: Tensor) -> None:
        """Any number of dimensions."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training or world() == 1:
            return super().forward(input)
        x = input if input.dtype == torch.float64 else input.float()
        over = [0, *range(2, x.dim())]
        own = torch.stack([x.mean(over), x.var(over, correction=0)])
        means, variances = gather_samples(own[None]).unbind(1)
        mean, variance = means.mean(0), variances.mean(0) + means.var(0, correction=0)
        self._remember(mean, variance, count=world() * x.numel() // x.shape[1])
        scale = torch.rsqrt(variance + self.eps)
        if self.weight is not None:
            scale = scale * self.weight
        shape = (1, -1, *[1] * (x.dim() - 2))
        # Not x * scale - mean * scale, which cancels for large means.
        scaled = (x - mean.view(shape)) * scale.view(shape)
        return (scaled if self.bias is None else scaled + self.bias.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = self.num_batches_tracked.float().reciprocal() if self.momentum is None else self.momentum
        self.running_mean.add_(share * (mean - self.running_mean))
        self.running_var.add_(share * (variance * (count / max(count - 1, 1)) - self.running_var))


def gather_batch_norms(module: nn.Module) -> nn.Module:
    """``module`` with every batch norm in it gathered; the parameters and buffers stay the same tensors.

    Raises ConfigError for a batch norm of somebody's own, which would lose what it adds.
    """
    return _gathered(module, {})


def _gathered(module: nn.Module, done: dict[nn.Module, nn.Module]) -> nn.Module:
    if module not in done:
        done[module] = _of(module) if isinstance(module, _BatchNorm) else module
        for name, child in list(module._modules.items()):
            if child is not None:
                setattr(module, name, _gathered(child, done))
    return done[module]


def _of(norm: _BatchNorm) -> nn.Module:
    if type(norm) is GatheredBatchNorm:
        return norm
    if type(norm) not in (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d):
        raise ConfigError(
            f"{type(norm).__name__} is a batch norm of its own kind, which cannot be gathered over several processes.\n"
            "Train with one process; its author can hold an ordinary batch norm and add to what it gives."
        )
    gathered = GatheredBatchNorm(norm.num_features, norm.eps, norm.momentum, norm.affine)
    gathered.weight, gathered.bias = norm.weight, norm.bias
    gathered.track_running_stats = norm.track_running_stats
    gathered.running_mean, gathered.running_var = norm.running_mean, norm.running_var
    gathered.num_batches_tracked = norm.num_batches_tracked
    return gathered.train(norm.training)
