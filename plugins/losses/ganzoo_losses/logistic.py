"""The two games of 2014: one discriminator, a classifier by logistic regression, and two generators.

Source: Goodfellow et al. 2014, arXiv:1406.2661. D(x) there is sigmoid(logit) here. Everything is written with
softplus(x) = log(1 + exp(x)) = -log sigmoid(-x), because log(sigmoid(x) + eps) loses its gradient below about -20.
"""

from functools import partial

import torch.nn.functional as F
from torch import Tensor

from ganzoo import Game


def logistic_d_loss(*, real_logits: Tensor, fake_logits: Tensor, real_target: float = 1.0) -> Tensor:
    """Cross-entropy: -t log sigmoid(real) - (1 - t) log(1 - sigmoid(real)) - log(1 - sigmoid(fake)), in nats.

    With t = ``real_target`` = 1 it is the negative of equation 1. Below 1 it is one-sided label smoothing: generated
    images keep the target 0, since smoothing them would hold G where it is (Salimans et al. 2016, arXiv:1606.03498,
    section 3.4).

    Shapes: (N,), (N,) -> (N,).
    """
    # -log(1 - sigmoid(x)) = softplus(-x) + x, so the smoothed term is linear in the logit.
    return F.softplus(-real_logits) + (1.0 - real_target) * real_logits + F.softplus(fake_logits)


def mm_g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """Minimax generator loss: log(1 - sigmoid(fake)) = -softplus(fake), in nats; vanishing gradient where D is sure.

    Shapes: (N,) -> (N,). Source: equation 1.
    """
    return -F.softplus(fake_logits)


def ns_g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """Non-saturating generator loss: -log sigmoid(fake) = softplus(-fake), in nats.

    Shapes: (N,) -> (N,). Source: section 3, below equation 1.
    """
    return F.softplus(-fake_logits)


def minimax_game(*, real_target: float = 1.0) -> Game:
    """D classifies, G minimises what D maximises."""
    return Game(partial(logistic_d_loss, real_target=real_target), mm_g_loss)


def non_saturating_game(*, real_target: float = 1.0) -> Game:
    """The same discriminator, and a generator whose gradient is strongest where D is sure."""
    return Game(partial(logistic_d_loss, real_target=real_target), ns_g_loss)
