"""LeCam regularization (Tseng et al. 2021, arXiv:2104.03310): logits are held at the other side's average of the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.nn import gather_samples
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import LecamOptions


def lecam_penalty(*, real_logits: Tensor, fake_logits: Tensor, past_real: Tensor, past_fake: Tensor) -> Tensor:
    """(real - past_fake)^2 + (fake - past_real)^2.

    Shapes: (N,), (N,), (), () -> (N,). Source: equation 5, whose lambda the caller applies. (The authors' code counts only
    distances on the usual side, real above past_fake and fake below past_real.)
    """
    return (real_logits - past_fake).square() + (fake_logits - past_real).square()


class Lecam(Technique):
    """``weight`` * ``lecam_penalty`` against moving averages of the logits, after ``first`` discriminator steps."""

    past_real: Tensor
    past_fake: Tensor
    steps: Tensor

    def __init__(self, options: LecamOptions) -> None:
        super().__init__()
        self.options = options
        self.register_buffer("past_real", torch.zeros(()))
        self.register_buffer("past_fake", torch.zeros(()))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def d_penalty(self, step: Step) -> Tensor:
        assert step.real_output is not None  # as always in a discriminator's step
        penalty = lecam_penalty(
            real_logits=step.real_output.logits,
            fake_logits=step.fake_output.logits,
            past_real=self.past_real.clone(),
            past_fake=self.past_fake.clone(),  # the buffers change before the backward pass of a next round
        )
        return self.options.weight * (self.steps >= self.options.first) * penalty

    def after_d_step(self, step: Step) -> None:
        assert step.real_output is not None
        share = torch.where(self.steps == 0, 1.0, 1.0 - self.options.decay)
        for past, output in ((self.past_real, step.real_output), (self.past_fake, step.fake_output)):
            past.add_(share * (gather_samples(output.logits.detach()).mean() - past))
        self.steps.add_(1)
