"""DRAGAN (Kodali et al. 2017, arXiv:1705.07215): a gradient penalty around real images only."""

from __future__ import annotations

from torch import Tensor

from ganzoo.nn import gather_samples
from ganzoo.techniques import Random, Step
from ganzoo_regularizers.gradient_penalty import gradient_penalty
from ganzoo_regularizers.gradients import SlopePenalty
from ganzoo_regularizers.options import DraganOptions


def perturb(*, real_images: Tensor, spread: float, random: Random) -> Tensor:
    """x + alpha * ``spread`` * std * u: u from U[0, 1) for each value, alpha for each sample, std of the whole batch.

    Shapes: (N, C, H, W) -> (N, C, H, W). Source: algorithm 1, whose noise is left open; this is that of the authors' experiments.
    """
    n, *rest = real_images.shape
    deviation = gather_samples(real_images).std()
    alpha = random.uniform(n, *[1] * len(rest))
    return real_images + alpha * spread * deviation * random.uniform(n, *rest)


class Dragan(SlopePenalty[DraganOptions]):
    """``weight`` * (||grad_x D(x')|| - ``target``)^2 at perturbed real images. Raises ConfigError for a D that mixes samples."""

    name = "dragan"

    def d_penalty(self, step: Step) -> Tensor:
        assert step.real_images is not None  # as always in a discriminator's step
        images = perturb(real_images=step.real_images.detach(), spread=self.options.spread, random=step.random)
        images = images.requires_grad_(True)
        logits = step.discriminate(images, step.labels).logits
        return self.options.weight * gradient_penalty(images=images, logits=logits, target=self.options.target)
