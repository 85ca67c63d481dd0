"""The largest gradient of a batch (Zhou et al. 2019, "Lipschitz GANs", arXiv:1902.05687)."""

from __future__ import annotations

from torch import Tensor

from ganzoo.nn import gather_samples
from ganzoo.techniques import Step
from ganzoo_regularizers.gradient_penalty import judged_between
from ganzoo_regularizers.gradients import SlopePenalty, gradient_norms
from ganzoo_regularizers.options import MaxGradientOptions


def max_gradient_penalty(*, images: Tensor, logits: Tensor) -> Tensor:
    """max over the batch of ||grad_x D(x)||^2: it bounds the Lipschitz constant, where a mean punishes flat places too.

    Shapes: (N, C, H, W) with gradient, (N,) -> (). Source: section 4.2 (maxGP), whose lambda the caller applies.
    """
    return gather_samples(gradient_norms(images=images, logits=logits)).max().square()


class MaxGradientPenalty(SlopePenalty[MaxGradientOptions]):
    """``weight`` * ``max_gradient_penalty`` between real and generated images. Raises ConfigError for a D that mixes samples."""

    name = "max-gradient-penalty"

    def d_penalty(self, step: Step) -> Tensor:
        images, logits = judged_between(step)
        return self.options.weight * max_gradient_penalty(images=images, logits=logits)
