"""InfoGAN (Chen et al. 2016, arXiv:1606.03657): codes that can be read off the images, and that nobody has told what to mean.

The categorical code takes the place of the class; the last numbers of z are the continuous ones. Departs: no batch norm in Q's
hidden layer, which would let it see other images of the batch.
"""

from __future__ import annotations

import math

import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import ConfigError, TechniqueContext
from ganzoo.nn import norm_of_weights, spectral
from ganzoo.techniques import Step, Technique
from ganzoo_conditioning.heads import fake_of, fixed, linear_head
from ganzoo_conditioning.options import InfoOptions

LEAST = 1e-4  # of a learned variance
NAME = "infogan"


def gaussian_loss(*, mean: Tensor, variance: Tensor, codes: Tensor) -> Tensor:
    """-log N(codes; mean, variance), summed over the codes, in nats. Shapes: (N, k) three times -> (N,)."""
    return 0.5 * ((codes - mean).square() / variance + variance.log() + math.log(2 * math.pi)).sum(dim=1)


def variance_of(raw: Tensor) -> Tensor:
    """What Q says of a variance, made positive: 1 at 0, at least 1e-4, growing no faster than ``raw``. Any shape -> the same."""
    return F.softplus(raw + math.log(math.e - 1)) + LEAST


def categorical_loss(*, code_logits: Tensor, codes: Tensor) -> Tensor:
    """-log Q(c | x), in nats. Shapes: (N, K), (N,) -> (N,).

    Its mean and that of ``gaussian_loss`` are, up to the codes' entropies, which do not move, the negated lower bound of the
    mutual information between codes and images. Source: arXiv:1606.03657, equation 5.
    """
    return F.cross_entropy(code_logits, codes, reduction="none")


class InfoGAN(Technique):
    """Both players are to make codes readable: Q, on the discriminator's features, says which code an image was made of.

    As in the authors' code, the discriminator's body learns for Q too. Raises ConfigError where z has fewer numbers than there
    are continuous codes.
    """

    def __init__(self, context: TechniqueContext[InfoOptions]) -> None:
        super().__init__()
        self.options, self.num_classes = context.options, context.num_classes
        if self.options.continuous > context.z_dim:
            raise ConfigError(
                f"{NAME!r} takes the last {self.options.continuous} numbers of z for codes, and z has {context.z_dim}.\n"
                f"Expected '--set regularizers.{NAME}.continuous={context.z_dim}' or fewer, or a larger '--set z_dim=N'."
            )
        outputs = context.num_classes + (2 if self.options.learned_variance else 1) * self.options.continuous
        if not self.options.hidden:
            self.Q: nn.Module = linear_head(context, outputs, NAME)
            return
        last = spectral(norm_of_weights(context.discriminator), nn.Linear(self.options.hidden, outputs))
        self.Q = nn.Sequential(linear_head(context, self.options.hidden, NAME), nn.LeakyReLU(0.1), last)

    def d_penalty(self, step: Step) -> Tensor:
        return self._loss(step)

    def g_penalty(self, step: Step) -> Tensor:
        with fixed(self.Q):
            return self._loss(step)

    def _loss(self, step: Step) -> Tensor:
        features, categories = fake_of(step)
        continuous = self.options.continuous
        said: Tensor = self.Q(features)
        logits, means, raw = said.tensor_split((self.num_classes, self.num_classes + continuous), dim=1)
        loss = self.options.lambda_categorical * categorical_loss(code_logits=logits, codes=categories)
        if not continuous:
            return loss
        variance = variance_of(raw) if self.options.learned_variance else means.new_ones(()).expand_as(means)
        # Detached: where a technique moved z, what the generator was fed is still what is to be read.
        codes = step.z[:, -continuous:].detach()
        return loss + self.options.lambda_continuous * gaussian_loss(mean=means, variance=variance, codes=codes)
