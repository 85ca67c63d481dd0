"""Hinge loss, with its margin for the discriminator only (Lim & Ye 2017, arXiv:1705.02894; Tran et al. 2017)."""

import torch.nn.functional as F
from torch import Tensor


def hinge_d_loss(*, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """max(0, 1 - real) + max(0, 1 + fake): logits beyond the margin of 1 on their own side give no gradient.

    Shapes: (N,), (N,) -> (N,). Source: Miyato et al. 2018, arXiv:1802.05957, equation 16, negated.
    """
    return F.relu(1.0 - real_logits) + F.relu(1.0 + fake_logits)


def hinge_g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """-fake: without a margin, so that G never loses its gradient.

    Shapes: (N,) -> (N,). Source: Miyato et al. 2018, arXiv:1802.05957, equation 17.
    """
    return -fake_logits
