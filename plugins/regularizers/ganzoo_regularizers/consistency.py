"""Consistency: the discriminator is to say the same of an image and of another view of it.

CR (Zhang et al. 2020, arXiv:1910.12027) of real images; bCR of generated ones too, zCR of neighbours in latent space, and ICR,
which is both (Zhao et al. 2021, arXiv:2002.04724).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.techniques import Step, Technique
from ganzoo_regularizers.views import another_view

if TYPE_CHECKING:
    from ganzoo_regularizers.options import (
        BalancedConsistencyOptions,
        ConsistencyOptions,
        ImprovedConsistencyOptions,
        LatentConsistencyOptions,
        ViewOptions,
    )


def disagreement(logits: Tensor, others: Tensor) -> Tensor:
    """(D(x) - D(x'))^2. Shapes: (N,), (N,) -> (N,). Source: arXiv:1910.12027, equation 3, for the last layer."""
    return (logits - others).square()


def sameness(images: Tensor, others: Tensor) -> Tensor:
    """-(mean over C, H and W of (x - x')^2). Shapes: (N, C, H, W) twice -> (N,). Source: arXiv:2002.04724, equation 5."""
    return -(images - others).square().flatten(1).mean(1)


class Consistency(Technique):
    """``weight`` * ``disagreement`` on real images (CR)."""

    def __init__(self, options: ConsistencyOptions) -> None:
        super().__init__()
        self.options, self.interval = options, options.interval

    def d_penalty(self, step: Step) -> Tensor:
        return self.options.weight * disagreement_on_real(step, self.options)


class BalancedConsistency(Technique):
    """``weight_real`` and ``weight_fake`` times ``disagreement`` on real and on generated images (bCR)."""

    def __init__(self, options: BalancedConsistencyOptions) -> None:
        super().__init__()
        self.options, self.interval = options, options.interval

    def d_penalty(self, step: Step) -> Tensor:
        real = disagreement_on_real(step, self.options)
        images = another_view(step.fake_images.detach(), step.random, shift=self.options.shift, flip=self.options.flip)
        fake = disagreement(step.fake_output.logits, step.discriminate(images, step.labels).logits)
        return self.options.weight_real * real + self.options.weight_fake * fake


class LatentConsistency(Technique):
    """D is to say the same of G(z) and G(z + noise), and G is to keep them apart (zCR)."""

    def __init__(self, options: LatentConsistencyOptions) -> None:
        super().__init__()
        self.options, self.interval = options, options.interval

    def d_penalty(self, step: Step) -> Tensor:
        with torch.no_grad():
            images = step.augment(step.generate(self._beside(step), step.labels))
        return self.options.weight_d * disagreement(
            step.fake_output.logits, step.discriminate(images, step.labels).logits
        )

    def g_penalty(self, step: Step) -> Tensor:
        return self.options.weight_g * sameness(step.generated_images, step.generate(self._beside(step), step.labels))

    def _beside(self, step: Step) -> Tensor:
        return step.z.detach() + self.options.noise * step.random.normal(*step.z.shape)


class ImprovedConsistency(Technique):
    """bCR and zCR together (ICR)."""

    def __init__(self, options: ImprovedConsistencyOptions) -> None:
        super().__init__()
        self.interval = options.interval
        self.balanced, self.latent = BalancedConsistency(options), LatentConsistency(options)

    def d_penalty(self, step: Step) -> Tensor:
        return self.balanced.d_penalty(step) + self.latent.d_penalty(step)

    def g_penalty(self, step: Step) -> Tensor:
        return self.latent.g_penalty(step)


def disagreement_on_real(step: Step, options: ViewOptions) -> Tensor:
    """``disagreement`` between the step's real images and other views of them."""
    assert step.real_images is not None and step.real_output is not None  # noqa: PT018  # as always in a D step
    images = another_view(step.real_images.detach(), step.random, shift=options.shift, flip=options.flip)
    return disagreement(step.real_output.logits, step.discriminate(images, step.labels).logits)
