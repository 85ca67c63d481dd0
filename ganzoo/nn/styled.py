"""Generators with a latent between z and the image."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn


class StyleBased(nn.Module, ABC):
    """Base of a generator that maps z to styles w, one for each of its layers, and makes the image of these alone.

    Whoever works on w finds it here: path length regularization, truncation towards the mean, tools for editing. In training mode
    ``mapping`` may mix the styles of several latents. Source: Karras et al. 2019, arXiv:1812.04948, section 2.
    """

    @abstractmethod
    def mapping(self, z: Tensor, c: Tensor | None = None, truncation: Tensor | None = None) -> Tensor:
        """z (N, z_dim), c (N,) class ids or None -> w (N, layers, w_dim).

        ``truncation``, a scalar tensor in 0 ... 1, draws w to its mean over all latents: 1 is off, and None too.
        """

    @abstractmethod
    def synthesis(self, w: Tensor) -> Tensor:
        """w (N, layers, w_dim) -> images (N, C, H, W) in [-1, 1]."""

    def forward(self, z: Tensor, c: Tensor | None = None, truncation: Tensor | None = None) -> Tensor:
        return self.synthesis(self.mapping(z, c, truncation))
