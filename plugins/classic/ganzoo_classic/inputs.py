"""How a class enters a fully connected network: one-hot, beside what it goes with (Mirza & Osindero 2014, arXiv:1411.1784)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def with_class(x: Tensor, c: Tensor | None, num_classes: int) -> Tensor:
    """x (N, F), c (N,) class ids -> (N, F + num_classes); x itself if ``num_classes`` is 0."""
    if not num_classes:
        return x
    assert c is not None, "a conditional network was called without classes"
    return torch.cat([x, F.one_hot(c, num_classes).to(x.dtype)], dim=1)
