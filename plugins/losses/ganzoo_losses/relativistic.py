"""Relativistic games (Jolicoeur-Martineau 2018, arXiv:1807.00734): how much more real is this image than that one?

The discriminator's two sides are both about a difference of logits, so that generator and discriminator play on the same
quantity with opposite signs, and real images carry gradient in the generator's step too. Each game is one function f of
"how far apart on the right side": logistic f(x) = softplus(-x), hinge max(0, 1 - x), least squares (x - 1)^2.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from ganzoo import Game
from ganzoo.nn import gather_samples

Margin = Callable[[Tensor], Tensor]

MARGINS: Mapping[str, Margin] = {
    "logistic": lambda apart: F.softplus(-apart),
    "hinge": lambda apart: F.relu(1.0 - apart),
    "least-squares": lambda apart: (apart - 1.0).square(),
}


class Loss(Protocol):
    """Logits of the side that is to win and of the other, (N,), (N,) -> (N,)."""

    def __call__(self, *, winning: Tensor, losing: Tensor, margin: Margin) -> Tensor: ...


def paired_loss(*, winning: Tensor, losing: Tensor, margin: Margin) -> Tensor:
    """f(winning - losing), image by image: in D's step real ones are to win, in G's generated ones.

    Shapes: (N,), (N,) -> (N,). Source: equations 4 and 5 (RSGAN), there with f the negative log-sigmoid.
    """
    return margin(winning - losing)


def average_loss(*, winning: Tensor, losing: Tensor, margin: Margin) -> Tensor:
    """f(winning - mean(losing)) + f(mean(winning) - losing): each image against the average of the other kind.

    The means are of the whole batch, over all processes (of one round, if gradients are accumulated over several). Without
    the factor 1/2 of the author's code.

    Shapes: (N,), (N,) -> (N,). Source: equations 7 to 9 (RaSGAN; RaLSGAN and RaHingeGAN in appendix).
    """
    mean_winning, mean_losing = gather_samples(winning).mean(), gather_samples(losing).mean()
    return margin(winning - mean_losing) + margin(mean_winning - losing)


def relativistic_game(loss: Loss, margin: Margin) -> Game:
    """The game of one such loss: what D minimises, G minimises with the sides exchanged."""

    def d_loss(*, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
        return loss(winning=real_logits, losing=fake_logits, margin=margin)

    def g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
        assert real_logits is not None  # as needs_real_logits asks
        return loss(winning=fake_logits, losing=real_logits, margin=margin)

    return Game(d_loss, g_loss, needs_real_logits=True)
