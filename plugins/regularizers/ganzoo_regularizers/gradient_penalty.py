"""Gradient penalty of the Wasserstein critic (Gulrajani et al. 2017, arXiv:1704.00028)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ganzoo.techniques import Random, Step
from ganzoo_regularizers.gradients import SlopePenalty, gradient_norms
from ganzoo_regularizers.options import GradientPenaltyOptions


def interpolate(*, real_images: Tensor, fake_images: Tensor, random: Random) -> Tensor:
    """epsilon * real + (1 - epsilon) * fake, with one epsilon from U[0, 1) for each sample.

    Shapes: (N, C, H, W), (N, C, H, W) -> (N, C, H, W); ``random`` is on their device. Source: algorithm 1, line 6.
    """
    epsilon = random.uniform(len(real_images), *[1] * (real_images.dim() - 1)).to(real_images.dtype)
    return epsilon * real_images + (1 - epsilon) * fake_images


def judged_between(step: Step) -> tuple[Tensor, Tensor]:
    """Images between a discriminator's step's real and generated ones, with gradient, and their logits under its classes."""
    assert step.real_images is not None  # as always in a discriminator's step
    images = interpolate(
        real_images=step.real_images.detach(), fake_images=step.fake_images.detach(), random=step.random
    ).requires_grad_(True)
    return images, step.discriminate(images, step.labels).logits


def gradient_penalty(*, images: Tensor, logits: Tensor, target: float = 1.0, one_sided: bool = False) -> Tensor:
    """(||grad_x D(x)|| - target)^2 with the norm over C, H and W of each sample; one-sided: max(0, norm - target)^2.

    Shapes: (N, C, H, W) with gradient, (N,) -> (N,). Source: equation 3, whose lambda the caller applies; one-sided:
    section 4, "Two-sided penalty".
    """
    excess = gradient_norms(images=images, logits=logits) - target
    return (F.relu(excess) if one_sided else excess).square()


class GradientPenalty(SlopePenalty[GradientPenaltyOptions]):
    """``weight`` * ``gradient_penalty`` between a step's real and generated images, under the real ones' classes.

    Raises ConfigError for a discriminator that mixes samples.
    """

    name = "gradient-penalty"

    def d_penalty(self, step: Step) -> Tensor:
        images, logits = judged_between(step)
        return self.options.weight * gradient_penalty(
            images=images, logits=logits, target=self.options.target, one_sided=self.options.one_sided
        )
