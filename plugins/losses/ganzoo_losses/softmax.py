"""Softmax GAN (Lin 2017, arXiv:1704.06191): the batch as one distribution, of which D and G move the probability mass.

Of all 2 N images of a batch, |B+| real and |B-| generated, each has probability exp(logit) / Z under a softmax of the logits.
D draws all mass to the real ones, evenly; G spreads it evenly over all of them. The paper's mu is the negative logit here.
"""

import torch
from torch import Tensor

from ganzoo.nn import gather_samples


def log_partition(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """log Z = log(sum of exp(logit)) of a whole batch, over all processes. Shapes: (N,), (N,) -> ()."""
    return torch.logsumexp(gather_samples(torch.cat([real_logits, fake_logits])), dim=0)


def softmax_d_loss(*, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """log Z - real: its mean is the cross-entropy of the softmax with the target 1/|B+| on real images, 0 on others.

    Shapes: (N,), (N,) -> (N,). Source: equation 4.
    """
    return log_partition(real_logits, fake_logits) - real_logits


def softmax_g_loss(*, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor:
    """log Z - (real + fake) / 2: its mean is the cross-entropy with the target 1/(|B+| + |B-|) on every image.

    Shapes: (N,) -> (N,). Source: equation 5.
    """
    assert real_logits is not None  # as the game asks
    return log_partition(real_logits, fake_logits) - (real_logits + fake_logits) / 2
