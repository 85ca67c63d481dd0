"""Wasserstein divergence (Wu et al. 2018, arXiv:1712.01026): no Lipschitz constraint, but a price on the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.techniques import Step, Technique
from ganzoo_regularizers.gradient_penalty import judged_between
from ganzoo_regularizers.gradients import gradient_norms, require_independent_samples

if TYPE_CHECKING:
    from ganzoo_regularizers.options import DivergenceOptions


def gradient_power(*, images: Tensor, logits: Tensor, power: float) -> Tensor:
    """||grad_x D(x)||^p of each sample.

    Shapes: (N, C, H, W) with gradient, (N,) -> (N,). Source: equation 8, whose k the caller applies.
    """
    return gradient_norms(images=images, logits=logits) ** power


class WassersteinDivergence(Technique):
    """``weight`` * ``gradient_power`` between real and generated images. Raises ConfigError for a D that mixes samples."""

    def __init__(self, context: TechniqueContext[DivergenceOptions]) -> None:
        super().__init__()
        require_independent_samples(context.discriminator, "wasserstein-divergence")
        self.options = context.options
        self.interval = context.options.interval

    def d_penalty(self, step: Step) -> Tensor:
        images, logits = judged_between(step)
        return self.options.weight * gradient_power(images=images, logits=logits, power=self.options.power)
