"""K + 1 classes with K logits: the classes of the data, and "generated", whose logit is fixed at 0.

With Z = sum_k exp(l_k), the softmax over K + 1 logits gives p(generated | x) = 1 / (1 + Z), so D(x) = Z / (Z + 1): an image is
real as far as any class claims it. Everything is computed from log Z, the log-odds of "real", and in nats.

Source: Salimans et al. 2016, arXiv:1606.03498, section 5.
"""

import torch.nn.functional as F
from torch import Tensor


def real_logit(class_logits: Tensor) -> Tensor:
    """log Z = log(D / (1 - D)). Shapes: (N, K) -> (N,)."""
    return class_logits.logsumexp(dim=1)


def labelled_loss(class_logits: Tensor, labels: Tensor) -> Tensor:
    """-log p(y | x, real): cross entropy over the K classes. Shapes: (N, K), (N,) -> (N,)."""
    return F.cross_entropy(class_logits, labels, reduction="none")


def unlabelled_loss(*, real_class_logits: Tensor, fake_class_logits: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(fake)), pair by pair. Shapes: (N, K), (N, K) -> (N,)."""
    # softplus(-log Z) and softplus(log Z): Z itself overflows in fp32 once a logit passes 88.
    return F.softplus(-real_logit(real_class_logits)) + F.softplus(real_logit(fake_class_logits))


def feature_matching_loss(*, real_features: Tensor, fake_features: Tensor) -> Tensor:
    """||mean f(real) - mean f(fake)||^2 over a batch; the generator's loss, section 3.1.

    Shapes: (N, F), (M, F) -> (). Real features carry no gradient.
    """
    return (real_features.detach().mean(dim=0) - fake_features.mean(dim=0)).square().sum()
