"""How the class of an image is told to a network."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo.layers import Init, Norm
from ganzoo.nn.initialise import initialise
from ganzoo.nn.norms import spectral


def given(c: Tensor | None) -> Tensor:
    """``c``. Raises ValueError for None, where a conditional network was called like an unconditional one."""
    if c is None:
        raise ValueError(
            "A conditional network was called without classes: expected c, int64 (N,), as in 'generator(z, c)'."
        )
    return c


def one_hot(c: Tensor | None, num_classes: int, dtype: torch.dtype) -> Tensor:
    """c (N,) class ids -> (N, num_classes), 1 at each one's class. Raises ValueError for None."""
    return F.one_hot(given(c), num_classes).to(dtype)


def one_hot_beside(x: Tensor, c: Tensor | None, num_classes: int) -> Tensor:
    """x (N, F), c (N,) class ids -> (N, F + num_classes), the class one-hot; x itself if ``num_classes`` is 0.

    Raises ValueError for a class that is missing. Source: Mirza & Osindero 2014, arXiv:1411.1784.
    """
    return torch.cat([x, one_hot(c, num_classes, x.dtype)], dim=1) if num_classes else x


class ClassBesideLatent(nn.Module):
    """z (N, z_dim), c (N,) class ids -> (N, ``width``): the latent and beside it an embedding of the class, each under ``norm``.

    The embedding begins as torch draws it, N(0, 1). Without classes (``num_classes`` 0) it is left out: the latent alone. Raises
    ValueError for a class that is missing.
    """

    def __init__(self, z_dim: int, num_classes: int, embedding_dim: int, *, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.embedding = nn.Embedding(num_classes, embedding_dim) if num_classes else None
        self.norm = norm or nn.Identity()
        self.width = z_dim + (embedding_dim if num_classes else 0)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        latent: Tensor = self.norm(z)
        if self.embedding is None:
            return latent
        return torch.cat([latent, self.norm(self.embedding(given(c)))], dim=1)


class Projection(nn.Module):
    """features h (N, F), c (N,) class ids -> <e_c, h>, (N,): how well features go with the vector e_c of a class.

    ``init`` is how the vectors begin, N(0, 1) if none, and ``norm`` what they are under. Raises ValueError for a class that is
    missing. Source: Miyato & Koyama 2018, arXiv:1802.05637, section 3, the term that depends on the class.
    """

    def __init__(self, num_classes: int, features: int, *, norm: Norm = "none", init: Init | None = None) -> None:
        super().__init__()
        embedding = nn.Embedding(num_classes, features)
        if init:
            initialise(embedding, init)
        spectral(norm, embedding)
        self.embedding = embedding

    def forward(self, features: Tensor, c: Tensor | None = None) -> Tensor:
        said: Tensor = (self.embedding(given(c)) * features).sum(dim=1)
        return said
