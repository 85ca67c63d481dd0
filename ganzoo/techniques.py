"""What hangs around the game: the shape of every regularizer, and what it may look at.

A step may be recorded once as a CUDA graph and replayed from then on. What a technique has to keep to for that, and for
training in several processes, is in plugins/README.md, "Steps that can be recorded".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganzoo.nn import DOutput
from ganzoo.ranks import own_samples, world

__all__ = ["Random", "Step", "Technique", "Transform", "half_cosine"]


def half_cosine(nimg: Tensor, *, begin: float, end: float, kimg: float) -> Tensor:
    """Where a number stands that moves from ``begin`` to ``end`` along half a cosine over ``kimg``, and then stays: () float32.

    A tensor that is computed from ``nimg`` (a step's, real images so far), so that a recorded step computes it anew each time.
    Source: Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts.
    """
    share = (nimg / (1000 * kimg)).clamp(max=1)
    return end + (begin - end) / 2 * (1 + torch.cos(math.pi * share))


class Random:
    """The game's random numbers, on its device: kept in checkpoints, recorded in graphs, the same in one process or several.

    The first number of a shape counts samples. Where several processes share a batch, each draws the whole batch's numbers and
    keeps those of its own samples, so that the game does not depend on how many there are.
    """

    def __init__(self, device: torch.device, seed: int) -> None:
        self.generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, samples: int, *shape: int) -> Tensor:
        """Float32 (samples, *shape) in [0, 1)."""
        return own_samples(self._empty(samples, shape).uniform_(generator=self.generator))

    def normal(self, samples: int, *shape: int) -> Tensor:
        """Float32 (samples, *shape), standard normal."""
        return own_samples(self._empty(samples, shape).normal_(generator=self.generator))

    def integers(self, high: int, samples: int, *shape: int) -> Tensor:
        """Int64 (samples, *shape) in 0 ... high - 1."""
        whole = (samples * world(), *shape)
        return own_samples(torch.randint(high, whole, generator=self.generator, device=self.generator.device))

    def _empty(self, samples: int, shape: tuple[int, ...]) -> Tensor:
        return torch.empty(samples * world(), *shape, device=self.generator.device)


@dataclass(frozen=True, kw_only=True)
class Step:
    """One update of one player, as its techniques see it.

    Images are (N, C, H, W) float32 in [-1, 1], augmented as the discriminator sees them, by which they may leave that range. In
    the discriminator's step they carry a gradient only where a technique moved ``z``. ``generated_images`` are the generator's
    own, before any augmentation. ``real_images`` and ``real_output`` are None in a generator step unless the game or a technique
    (``needs_real``) looks at real images. ``labels`` (N,) int64 or None are those of the real and of the generated images
    alike. N are the samples of this process and of this round of accumulation. ``nimg``, a tensor () int64 on the device,
    counts real images shown to the discriminator before this step.

    ``generate(z, labels)`` runs the generator once more, in the precision of the training, without augmentation;
    ``augment(images)`` makes of such images what the discriminator is to see. ``discriminate(images, labels)`` runs the
    discriminator once more, always in float32: penalties that differentiate twice lose their meaning in bfloat16. ``random`` is
    what to draw from, so that a resumed run draws the same.
    """

    generator: nn.Module
    discriminator: nn.Module
    generate: Callable[[Tensor, Tensor | None], Tensor]
    augment: Callable[[Tensor], Tensor]
    discriminate: Callable[[Tensor, Tensor | None], DOutput]
    z: Tensor
    generated_images: Tensor
    fake_images: Tensor
    labels: Tensor | None
    fake_output: DOutput
    real_images: Tensor | None
    real_output: DOutput | None
    random: Random
    nimg: Tensor


class Technique(nn.Module):
    """Base of what a ``Regularizer`` builds. Override what is needed; everything else does nothing.

    Buffers and parameters are moved to the device and kept in checkpoints. Parameters are trained with the discriminator.
    A penalty is a scalar or per-sample tensor (N,); its mean is added to the player's loss. With ``interval`` k it is
    computed at every k-th update only and multiplied by k. (StyleGAN2 also slows the optimizer down, because there the
    penalty is an update of its own; here it is a term of an ordinary update, so nothing is to be corrected.)
    """

    interval: int = 1
    needs_real: bool = False  # whether g_penalty looks at real images, which most games do not show the generator

    def latents(self, z: Tensor, judged: Callable[[Tensor], Tensor]) -> Tensor:
        """The latents (N, z_dim) that an update of either player plays with, in place of ``z``.

        ``judged(z)`` are the discriminator's logits (N,) for the images of some latents, with gradient. Where what is returned
        depends on the players, their gradients pass through it.
        """
        return z

    def d_logits(self, real: Tensor, fake: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        """The logits, (N,) both, that the discriminator's loss takes for those of real and of generated images."""
        return real, fake

    def g_losses(self, losses: Tensor, step: Step) -> Tensor:
        """The generator's losses (N,) as they are to count: their mean is minimised."""
        return losses

    def d_penalty(self, step: Step) -> Tensor | None:
        """Added to the discriminator's loss."""
        return None

    def g_penalty(self, step: Step) -> Tensor | None:
        """Added to the generator's loss."""
        return None

    def after_d_step(self, step: Step) -> None:
        """Called once after the discriminator's weights were updated, without gradient (weight clipping).

        Of a batch in several rounds, ``step`` is that of the last one.
        """


class Transform(nn.Module):
    """Base of what an ``Augmentation`` builds: images as the discriminator is to see them. Buffers are kept in checkpoints."""

    def forward(self, images: Tensor, random: Random) -> Tensor:
        """(N, C, H, W) -> the same shape; applied to real and to generated images, and differentiable."""
        return images

    def real_images(self, real: Tensor, fake: Tensor, random: Random) -> Tensor:
        """What is shown for real images, (N, C, H, W) both, in the discriminator's step; before ``forward``."""
        return real

    def after_d_step(self, step: Step) -> None:
        """Called once after the discriminator's weights were updated, without gradient, as a technique's."""
