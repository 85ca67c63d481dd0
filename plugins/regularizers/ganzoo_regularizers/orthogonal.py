"""Orthogonal regularization as BigGAN has it (Brock et al. 2019, arXiv:1809.11096), after Brock et al. 2017."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvTransposeNd

from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import OrthogonalOptions


def orthogonal_penalty(network: nn.Module) -> Tensor:
    """Sum over weights W of ||W W' - its diagonal||^2: rows are drawn apart, and their lengths are left alone.

    W are all parameters with two dimensions or more, (outputs, everything else), but for embeddings; a transposed convolution
    keeps its outputs second. Returns (). Source: equation 3, whose beta the caller applies; there for W'W, here for W W', which
    is what the authors' code does.
    """
    embeddings = {id(module.weight) for module in network.modules() if isinstance(module, nn.Embedding)}
    transposed = {
        id(p) for module in network.modules() if isinstance(module, _ConvTransposeNd) for p in module.parameters()
    }
    total = torch.zeros((), device=next(network.parameters()).device)
    for parameter in network.parameters():
        if parameter.dim() < 2 or id(parameter) in embeddings:
            continue
        rows = (parameter.transpose(0, 1) if id(parameter) in transposed else parameter).flatten(1)
        products = rows @ rows.T
        total = total + products.square().sum() - products.diagonal().square().sum()
    return total


class Orthogonal(Technique):
    """``weight`` * ``orthogonal_penalty`` of the generator, the discriminator or both, each in its own step."""

    def __init__(self, options: OrthogonalOptions) -> None:
        super().__init__()
        self.options = options
        self.interval = options.interval

    def d_penalty(self, step: Step) -> Tensor | None:
        return None if self.options.player == "generator" else self._of(step.discriminator)

    def g_penalty(self, step: Step) -> Tensor | None:
        return None if self.options.player == "discriminator" else self._of(step.generator)

    def _of(self, network: nn.Module) -> Tensor:
        return self.options.weight * orthogonal_penalty(network)
