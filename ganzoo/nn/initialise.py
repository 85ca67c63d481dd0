"""Initial weights by the names that papers use."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from ganzoo.layers import Init
from ganzoo.nn.conditional import ConditionalBatchNorm2d

LAYERS = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.Embedding)
POWER_ITERATIONS = 15  # as torch makes where spectral norm is laid upon a layer


def initialise(network: nn.Module, how: Init) -> nn.Module:
    """``network``, every convolution, linear layer and embedding in it drawn anew, biases at 0.

    ``he``: N(0, 2 / fan_in) (arXiv:1502.01852); ``glorot``: uniform of variance 2 / (fan_in + fan_out); ``orthogonal``: rows or
    columns orthonormal (arXiv:1312.6120); ``normal``: N(0, 0.02^2) (arXiv:1511.06434). Conditional norms keep their zeros: they
    begin as plain ones. Singular vectors of spectral norms follow the weights.
    """
    steering = {
        part for module in network.modules() if isinstance(module, ConditionalBatchNorm2d) for part in module.modules()
    }
    for module in network.modules():
        if isinstance(module, LAYERS) and module not in steering:
            _draw(_weight(module), how)
            if getattr(module, "bias", None) is not None:
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]
            _follow(module)
    return network


def _draw(weight: Tensor, how: Init) -> None:
    if how == "he":
        nn.init.kaiming_normal_(weight)
    elif how == "glorot":
        nn.init.xavier_uniform_(weight)
    elif how == "orthogonal":
        nn.init.orthogonal_(weight)
    else:
        nn.init.normal_(weight, 0.0, 0.02)


@torch.no_grad()
def _follow(module: nn.Module) -> None:
    """Bring singular vectors to the weights that were drawn: along those of others, they are as good as 0."""
    if parametrize.is_parametrized(module, "weight"):
        for _ in range(POWER_ITERATIONS):
            module.weight  # noqa: B018  # each reading in training mode is one


def _weight(module: nn.Module) -> Tensor:
    """The parameter that is trained: below spectral norm another than ``weight``."""
    if parametrize.is_parametrized(module, "weight"):
        return module.parametrizations.weight.original  # type: ignore[union-attr,return-value]
    return module.weight  # type: ignore[return-value]
