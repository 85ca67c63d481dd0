"""The Wasserstein game. A regularizer of its own keeps the critic Lipschitz: weight clipping or gradient penalty."""

from torch import Tensor


def wasserstein_d_loss(*, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """fake - real: the mean of its negative estimates the distance, up to the critic's Lipschitz constant.

    Shapes: (N,), (N,) -> (N,). Source: Arjovsky et al. 2017, arXiv:1701.07875, equation 3 and algorithm 1.
    """
    return fake_logits - real_logits


def wasserstein_g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """-fake.

    Shapes: (N,) -> (N,). Source: Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1.
    """
    return -fake_logits
