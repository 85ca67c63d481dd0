"""Least squares GAN (Mao et al. 2016, arXiv:1611.04076): the output of D is drawn to targets, without a sigmoid."""

from functools import partial

from torch import Tensor

from ganzoo import Game


def least_squares_d_loss(*, real_logits: Tensor, fake_logits: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """(real - b)^2 / 2 + (fake - a)^2 / 2.

    Shapes: (N,), (N,) -> (N,). Source: equation 2; with the default targets, equation 9.
    """
    return ((real_logits - b).square() + (fake_logits - a).square()) / 2


def least_squares_g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None, c: float = 1.0) -> Tensor:
    """(fake - c)^2 / 2.

    Shapes: (N,) -> (N,). Source: equation 2; with the default target, equation 9.
    """
    return (fake_logits - c).square() / 2


def least_squares_game(*, a: float, b: float, c: float) -> Game:
    """D draws generated images to ``a`` and real ones to ``b``, G draws generated ones to ``c``."""
    return Game(partial(least_squares_d_loss, a=a, b=b), partial(least_squares_g_loss, c=c))
