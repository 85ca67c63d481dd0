"""Zero-centred gradient penalties R1 and R2 (Mescheder, Geiger & Nowozin 2018, arXiv:1801.04406)."""

from __future__ import annotations

from torch import Tensor

from ganzoo.techniques import Step, half_cosine
from ganzoo_regularizers.gradients import SlopePenalty, input_gradients
from ganzoo_regularizers.options import ZeroCentredOptions


def r1_penalty(*, real_images: Tensor, real_logits: Tensor) -> Tensor:
    """||grad_x D(x)||^2 at real images; the caller applies gamma / 2.

    Shapes: (N, C, H, W) with gradient, (N,) -> (N,). Source: equation 9.
    """
    return input_gradients(images=real_images, logits=real_logits).square().sum(1)


def r2_penalty(*, fake_images: Tensor, fake_logits: Tensor) -> Tensor:
    """||grad_x D(x)||^2 at generated images; the caller applies gamma / 2.

    Shapes: (N, C, H, W) with gradient, (N,) -> (N,). Source: equation 10.
    """
    return r1_penalty(real_images=fake_images, real_logits=fake_logits)


def gamma_now(options: ZeroCentredOptions, nimg: Tensor) -> Tensor | float:
    """Gamma after ``nimg`` real images. Source of the schedule: Huang et al. 2024, arXiv:2501.05441, appendix D."""
    if options.gamma_end is None:
        return options.gamma
    return half_cosine(nimg, begin=options.gamma, end=options.gamma_end, kimg=options.anneal_kimg)


class R1(SlopePenalty[ZeroCentredOptions]):
    """gamma / 2 * ``r1_penalty`` at the step's real images, under their classes."""

    name = "r1"

    def d_penalty(self, step: Step) -> Tensor:
        assert step.real_images is not None  # as always in a discriminator's step
        images = step.real_images.detach().requires_grad_(True)
        logits = step.discriminate(images, step.labels).logits
        return gamma_now(self.options, step.nimg) / 2 * r1_penalty(real_images=images, real_logits=logits)


class R2(SlopePenalty[ZeroCentredOptions]):
    """gamma / 2 * ``r2_penalty`` at the step's generated images, under their classes."""

    name = "r2"

    def d_penalty(self, step: Step) -> Tensor:
        images = step.fake_images.detach().requires_grad_(True)
        logits = step.discriminate(images, step.labels).logits
        return gamma_now(self.options, step.nimg) / 2 * r2_penalty(fake_images=images, fake_logits=logits)
