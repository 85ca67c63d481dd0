"""The largest gradient of a batch (Zhou et al. 2019, "Lipschitz GANs", arXiv:1902.05687)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.nn import gather_samples
from ganzoo.techniques import Step, Technique
from ganzoo_regularizers.gradient_penalty import judged_between
from ganzoo_regularizers.gradients import gradient_norms, require_independent_samples

if TYPE_CHECKING:
    from ganzoo_regularizers.options import MaxGradientOptions


def max_gradient_penalty(*, images: Tensor, logits: Tensor) -> Tensor:
    """max over the batch of ||grad_x D(x)||^2: it bounds the Lipschitz constant, where a mean punishes flat places too.

    Shapes: (N, C, H, W) with gradient, (N,) -> (). Source: section 4.2 (maxGP), whose lambda the caller applies.
    """
    return gather_samples(gradient_norms(images=images, logits=logits)).max().square()


class MaxGradientPenalty(Technique):
    """``weight`` * ``max_gradient_penalty`` between real and generated images. Raises ConfigError for a D that mixes samples."""

    def __init__(self, context: TechniqueContext[MaxGradientOptions]) -> None:
        super().__init__()
        require_independent_samples(context.discriminator, "max-gradient-penalty")
        self.weight = context.options.weight
        self.interval = context.options.interval

    def d_penalty(self, step: Step) -> Tensor:
        images, logits = judged_between(step)
        return self.weight * max_gradient_penalty(images=images, logits=logits)
