"""The game at its best discriminator, by numeric integration over densities that are known.

Source: Goodfellow et al. 2014, arXiv:1406.2661, section 4. Densities are their values on a grid of equal steps, (N,) both.
"""

from __future__ import annotations

import numpy as np
from scipy.special import xlogy

from ganzoo.divergences import jensen_shannon_divergence
from ganzoo_theory.optimal_discriminator.densities import STEP, Float64

MINIMUM = -float(np.log(4))  # of C(G), where p_g is p_data


def optimal_discriminator(p_data: Float64, p_g: Float64) -> Float64:
    """D*(x) = p_data(x) / (p_data(x) + p_g(x)), in [0, 1]: (N,), (N,) -> (N,). Source: proposition 1.

    Where neither has a point any answer is as good: 1/2.
    """
    both = p_data + p_g
    return np.divide(p_data, both, out=np.full_like(both, 0.5), where=both > 0)


def value(p_data: Float64, p_g: Float64, logits: Float64, step: float = STEP) -> float:
    """V(G, D) = integral of p_data log D + p_g log(1 - D), in nats: at most 0, and largest at D*.

    D is sigmoid(``logits``), (N,), on the grid; ``step`` is that of the grid. Source: equation 3.
    """
    # log sigmoid(x) = -log(1 + exp(-x)): finite where D itself is 0 or 1 to all digits.
    return -float((p_data * np.logaddexp(0, -logits) + p_g * np.logaddexp(0, logits)).sum() * step)


def criterion(p_data: Float64, p_g: Float64, step: float = STEP) -> float:
    """C(G) = max over D of V(G, D) = integral of p_data log D* + p_g log(1 - D*), in nats. Source: equation 4."""
    real, fake = optimal_discriminator(p_data, p_g), optimal_discriminator(p_g, p_data)  # the second is 1 - D*
    return float((xlogy(p_data, real) + xlogy(p_g, fake)).sum() * step)


def criterion_by_divergence(p_data: Float64, p_g: Float64) -> float:
    """-log 4 + 2 JSD(p_data || p_g), in nats: from -log 4, where they are the same, to 0, where they share no point.

    Source: equation 6, in the proof of theorem 1.
    """
    return MINIMUM + 2 * jensen_shannon_divergence(p_data, p_g)
