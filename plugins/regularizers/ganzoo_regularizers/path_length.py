"""Path length regularization (Karras et al. 2020, arXiv:1912.04958): a step in latent space is a step of one size in images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.nn import StyleBased, gather_samples
from ganzoo.techniques import Step, Technique
from ganzoo_regularizers.gradients import require_independent_samples

if TYPE_CHECKING:
    from ganzoo_regularizers.options import PathLengthOptions


def path_lengths(*, images: Tensor, latents: Tensor, noise: Tensor) -> Tensor:
    """||J' y|| / sqrt(H W) of each sample: J is the Jacobian of the image by its latent, y standard normal noise.

    Shapes: (N, C, H, W) with gradient by ``latents``, (N, D) or (N, layers, D), ``noise`` like the images -> (N,). The norm is
    over D, and its square's mean over the layers. Source: equation 4, whose y is scaled and whose layers are averaged as in the
    authors' code.
    """
    (gradient,) = torch.autograd.grad((images * noise).sum(), latents, create_graph=True)
    lengths: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    layers = latents.shape[1] if latents.dim() == 3 else 1
    return lengths / math.sqrt(layers * images.shape[2] * images.shape[3])


class PathLength(Technique):
    """``weight`` * (length - a)^2 for new images of the first 1/``shrink`` of the latents; a is a moving average of lengths.

    Of w where the generator has one (``ganzoo.nn.StyleBased``), as in the paper, else of z. Raises ConfigError for a generator
    that mixes samples.
    """

    average: Tensor

    def __init__(self, context: TechniqueContext[PathLengthOptions]) -> None:
        super().__init__()
        require_independent_samples(context.generator, "path-length", what="generator")
        self.options = context.options
        self.interval = context.options.interval
        self.register_buffer("average", torch.zeros(()))

    def g_penalty(self, step: Step) -> Tensor:
        n = max(1, len(step.z) // self.options.shrink)
        z, labels = step.z[:n].detach(), None if step.labels is None else step.labels[:n]
        G = step.generator
        if isinstance(G, StyleBased):
            latents = G.mapping(z, labels)
            images = G.synthesis(latents)
        else:
            latents = z.requires_grad_(True)
            images = G(latents, labels)
        lengths = path_lengths(images=images, latents=latents, noise=step.random.normal(*images.shape))
        self.average.lerp_(gather_samples(lengths.detach()).mean(), 1 - self.options.decay)
        return self.options.weight * (lengths - self.average.clone()).square()
