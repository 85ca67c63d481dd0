"""Batch norm over the samples of all processes that share a batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

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
        x = input.float()
        over = [0, *range(2, x.dim())]
        own = torch.stack([x.mean(over), x.var(over, correction=0)])
        means, variances = gather_samples(own[None]).unbind(1)
        mean, variance = means.mean(0), variances.mean(0) + means.var(0, correction=0)
        self._remember(mean, variance, count=world() * x.numel() // x.shape[1])
        scale = torch.rsqrt(variance + self.eps) * (1 if self.weight is None else self.weight)
        shift = -mean * scale + (0 if self.bias is None else self.bias)
        shape = (1, -1, *[1] * (x.dim() - 2))
        return (x * scale.view(shape) + shift.view(shape)).to(input.dtype)

    @torch.no_grad()
    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = self.num_batches_tracked.float().reciprocal() if self.momentum is None else self.momentum
        self.running_mean.add_(share * (mean - self.running_mean))
        self.running_var.add_(share * (variance * (count / max(count - 1, 1)) - self.running_var))


def gather_batch_norms(module: nn.Module) -> nn.Module:
    """``module`` with every batch norm in it gathered; the parameters and buffers stay the same tensors."""
    if isinstance(module, _BatchNorm):
        gathered = GatheredBatchNorm(module.num_features, module.eps, module.momentum, module.affine)
        gathered.weight, gathered.bias = module.weight, module.bias
        for name, buffer in module.named_buffers(recurse=False):
            setattr(gathered, name, buffer)
        gathered.track_running_stats = module.track_running_stats
        if not module.track_running_stats:
            gathered.running_mean = gathered.running_var = gathered.num_batches_tracked = None
        return gathered.train(module.training)
    for name, child in module.named_children():
        setattr(module, name, gather_batch_norms(child))
    return module
