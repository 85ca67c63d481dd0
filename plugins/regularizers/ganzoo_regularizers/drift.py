"""Drift (Karras et al. 2018, arXiv:1710.10196): a Wasserstein critic's outputs are only worth their differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import DriftOptions


def drift_penalty(*, real_logits: Tensor) -> Tensor:
    """D(x)^2 at real images, so that the level does not wander off.

    Shapes: (N,) -> (N,). Source: appendix A.1, whose epsilon_drift the caller applies.
    """
    return real_logits.square()


class Drift(Technique):
    """``weight`` * ``drift_penalty`` of a discriminator's step."""

    def __init__(self, options: DriftOptions) -> None:
        super().__init__()
        self.weight = options.weight

    def d_penalty(self, step: Step) -> Tensor:
        assert step.real_output is not None  # as always in a discriminator's step
        return self.weight * drift_penalty(real_logits=step.real_output.logits)
