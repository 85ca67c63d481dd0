"""LOGAN (Wu et al. 2019, arXiv:1912.00953): latents are moved to where the discriminator likes their images better.

The players' gradients pass through the move: that is what brings the terms that hold the game together (section 3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import LatentOptimisationOptions


def natural_step(gradient: Tensor, *, alpha: float, beta: float) -> Tensor:
    """alpha g / (beta + ||g||^2): natural gradient descent under a damped empirical Fisher matrix.

    Shapes: (N, D) -> (N, D). Source: equation 10.
    """
    return alpha * gradient / (beta + gradient.square().sum(1, keepdim=True))


class LatentOptimisation(Technique):
    """Moves a ``share`` of the dimensions of each latent by ``natural_step``, and punishes long moves by ``weight``."""

    def __init__(self, context: TechniqueContext[LatentOptimisationOptions]) -> None:
        super().__init__()
        self.options = context.options
        self.moved = max(1, round(context.options.share * context.z_dim))
        self._length: Tensor | None = None  # of this update, on its way from the move to the penalty

    def latents(self, z: Tensor, judged: Callable[[Tensor], Tensor]) -> Tensor:
        z = z.detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(judged(z).sum(), z, create_graph=True)
        move = natural_step(gradient[:, : self.moved], alpha=self.options.alpha, beta=self.options.beta)
        self._length = move.square().sum(1)
        return torch.cat([z[:, : self.moved] + move, z[:, self.moved :]], dim=1)

    def d_penalty(self, step: Step) -> Tensor:
        return self._price()

    def g_penalty(self, step: Step) -> Tensor:
        return self._price()

    def _price(self) -> Tensor:
        assert self._length is not None  # an update begins with its latents
        price, self._length = self.options.weight * self._length, None
        return price
