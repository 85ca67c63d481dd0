"""From a discriminator's features to what it says."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo.layers import Norm
from ganzoo.nn.classes import Projection
from ganzoo.nn.norms import spectral
from ganzoo.nn.output import DOutput


class ProjectionHead(nn.Module):
    """features h (N, F), c (N,) class ids or None -> logits w h + b + <e_c, h>, and h.

    Without classes (``num_classes`` 0) the projection is left out: a linear layer. Source: Miyato & Koyama 2018,
    arXiv:1802.05637, equation 4.
    """

    def __init__(self, features: int, num_classes: int = 0, *, norm: Norm = "none") -> None:
        super().__init__()
        self.to_logit = spectral(norm, nn.Linear(features, 1))
        self.projection = Projection(num_classes, features, norm=norm) if num_classes else None

    def forward(self, features: Tensor, c: Tensor | None = None) -> DOutput:
        logits = self.to_logit(features).squeeze(1)
        if self.projection is not None:
            logits = logits + self.projection(features, c)
        return DOutput(logits=logits, features=features)
