"""The projection discriminator (Miyato & Koyama 2018, arXiv:1802.05637), made of any discriminator that returns features."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo import DiscriminatorBuild, ImageShape
from ganzoo.nn import DOutput, Projection, as_output, norm_of_weights, width_of_features


class Projected(nn.Module):
    """images (N, C, H, W), c (N,) class ids -> the inner discriminator's output, ``Projection`` added to its logits."""

    def __init__(self, inner: nn.Module, features: int, num_classes: int) -> None:
        super().__init__()
        self.inner = inner
        # Uniform as in the authors' code, whatever the discriminator's: N(0, 1) would drown the other logit.
        self.projection = Projection(num_classes, features, norm=norm_of_weights(inner), init="glorot")

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output = as_output(self.inner(images, c))
        assert output.features is not None  # looked up when this was built
        logits = output.logits + self.projection(output.features, c)
        return output._replace(logits=logits)


def projected(build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    """Discriminators with a projection. Raises ConfigError for those that return no features."""

    def build_projected(shape: ImageShape) -> nn.Module:
        inner = build(shape)
        return Projected(inner, width_of_features(inner, shape, 0, "projection"), num_classes)

    return build_projected
