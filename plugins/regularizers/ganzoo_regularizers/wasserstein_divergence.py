"""Wasserstein divergence (Wu et al. 2018, arXiv:1712.01026): no Lipschitz constraint, but a price on the gradient."""

from __future__ import annotations

from torch import Tensor

from ganzoo.techniques import Step
from ganzoo_regularizers.gradient_penalty import judged_between
from ganzoo_regularizers.gradients import SlopePenalty, gradient_norms
from ganzoo_regularizers.options import DivergenceOptions


def gradient_power(*, images: Tensor, logits: Tensor, power: float) -> Tensor:
    """||grad_x D(x)||^p of each sample.

    Shapes: (N, C, H, W) with gradient, (N,) -> (N,). Source: equation 8, whose k the caller applies.
    """
    return gradient_norms(images=images, logits=logits) ** power


class WassersteinDivergence(SlopePenalty[DivergenceOptions]):
    """``weight`` * ``gradient_power`` between real and generated images. Raises ConfigError for a D that mixes samples."""

    name = "wasserstein-divergence"

    def d_penalty(self, step: Step) -> Tensor:
        images, logits = judged_between(step)
        return self.options.weight * gradient_power(images=images, logits=logits, power=self.options.power)
