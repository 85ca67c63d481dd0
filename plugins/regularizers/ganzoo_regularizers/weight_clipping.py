"""Weight clipping of the Wasserstein critic (Arjovsky et al. 2017, arXiv:1701.07875)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from ganzoo.nn import EqualisedConv2d, EqualisedLinear
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import WeightClippingOptions


@torch.no_grad()
def clip_parameters(module: nn.Module, limit: float) -> None:
    """Move every parameter of ``module`` into [-limit, limit], in place. Buffers (running statistics) are no weights.

    Biases and the scales and shifts of normalisation layers are clipped too: the paper's w are all of the critic's
    parameters (algorithm 1, line 7), and so read the authors' published settings. What an equalised layer stores is larger than
    what it multiplies by: there the latter is meant.
    """
    limits: dict[nn.Parameter, float] = {}
    for layer in module.modules():
        if isinstance(layer, EqualisedLinear | EqualisedConv2d):
            limits[layer.weight] = limit / layer.scale
        if isinstance(layer, EqualisedLinear) and layer.bias is not None:
            limits[layer.bias] = limit / layer.lr_multiplier
    for parameter in module.parameters():  # no torch._foreach_clamp_*: private, and no faster on a CPU
        bound = limits.get(parameter, limit)
        parameter.clamp_(-bound, bound)


class WeightClipping(Technique):
    """Clips the critic after each of its steps, as algorithm 1 has it; the first step is from unclipped weights."""

    def __init__(self, options: WeightClippingOptions) -> None:
        super().__init__()
        self.limit = options.limit

    def after_d_step(self, step: Step) -> None:
        clip_parameters(step.discriminator, self.limit)
