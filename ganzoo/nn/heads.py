"""From a discriminator's features to what it says."""

from __future__ import annotations

from torch import Tensor, nn

from ganzoo.nn.norms import Norm, spectral
from ganzoo.nn.output import DOutput


class ProjectionHead(nn.Module):
    """features h (N, F), c (N,) class ids or None -> logits w h + b + <e_c, h>, and h.

    Without classes (``num_classes`` 0) the embedding e is left out: a linear layer. Source: Miyato & Koyama 2018,
    arXiv:1802.05637, equation 4.
    """

    def __init__(self, features: int, num_classes: int = 0, *, norm: Norm = "none") -> None:
        super().__init__()
        self.to_logit = spectral(norm, nn.Linear(features, 1))
        self.embedding = spectral(norm, nn.Embedding(num_classes, features)) if num_classes else None

    def forward(self, features: Tensor, c: Tensor | None = None) -> DOutput:
        logits = self.to_logit(features).squeeze(1)
        if self.embedding is not None:
            logits = logits + (self.embedding(c) * features).sum(dim=1)
        return DOutput(logits=logits, features=features)
