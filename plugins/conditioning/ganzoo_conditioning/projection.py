"""The projection discriminator (Miyato & Koyama 2018, arXiv:1802.05637), made of any discriminator that returns features."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo import DiscriminatorBuild, ImageShape
from ganzoo.nn import DOutput, as_output, initialise, norm_of_weights, spectral, width_of_features


def projection(*, features: Tensor, embedded: Tensor) -> Tensor:
    """<e_c, h>: how well features h go with the vector of a class.

    Shapes: (N, F), (N, F) -> (N,). Source: section 3, the term that depends on the class.
    """
    return (embedded * features).sum(dim=1)


class Projected(nn.Module):
    """images (N, C, H, W), c (N,) class ids -> the inner discriminator's output, ``projection`` added to its logits."""

    def __init__(self, inner: nn.Module, features: int, num_classes: int) -> None:
        super().__init__()
        self.inner = inner
        # Uniform as in the authors' code, whatever the discriminator's: N(0, 1) would drown the other logit.
        embedding = initialise(nn.Embedding(num_classes, features), "glorot")
        self.embedding = spectral(norm_of_weights(inner), embedding)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        output = as_output(self.inner(images, c))
        assert output.features is not None  # looked up when this was built
        logits = output.logits + projection(features=output.features, embedded=self.embedding(c))
        return output._replace(logits=logits)


def projected(build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    """Discriminators with a projection. Raises ConfigError for those that return no features."""

    def build_projected(shape: ImageShape) -> nn.Module:
        inner = build(shape)
        return Projected(inner, width_of_features(inner, shape, 0, "projection"), num_classes)

    return build_projected
