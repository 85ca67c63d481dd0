"""Feature matching (Salimans et al. 2016, arXiv:1606.03498, section 3.1): images like real ones in what D looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.nn import gather_samples, width_of_features
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import FeatureMatchingOptions


def feature_distance(*, real_features: Tensor, fake_features: Tensor) -> Tensor:
    """||mean f(x) - mean f(G(z))||^2, the means over the whole batch.

    Shapes: (N, F), (N, F) -> (). Source: section 3.1, the objective of the generator.
    """
    return (gather_samples(real_features).mean(0) - gather_samples(fake_features).mean(0)).square().sum()


class FeatureMatching(Technique):
    """``weight`` * ``feature_distance`` for the generator: beside its loss, or ``alone`` as in the paper."""

    needs_real = True

    def __init__(self, context: TechniqueContext[FeatureMatchingOptions]) -> None:
        super().__init__()
        width_of_features(context.discriminator, context.image_shape, context.num_classes, "feature-matching")
        self.options = context.options

    def g_losses(self, losses: Tensor, step: Step) -> Tensor:
        return 0 * losses if self.options.alone else losses

    def g_penalty(self, step: Step) -> Tensor:
        assert step.real_output is not None  # as needs_real asks
        real, fake = step.real_output.features, step.fake_output.features
        assert real is not None and fake is not None  # noqa: PT018  # looked up when this was built
        return self.options.weight * feature_distance(real_features=real.detach(), fake_features=fake)
