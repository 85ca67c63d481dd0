"""What hangs around the game: the shape of every regularizer, and what it may look at.

A step may be recorded once as a CUDA graph and replayed from then on. What a technique has to keep to for that, and for
training in several processes, is in plugins/README.md, "Steps that can be recorded".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from ganzoo.nn import DOutput
from ganzoo.ranks import own_samples, world

__all__ = ["Random", "Step", "Technique"]


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

    Images are (N, C, H, W) float32 in [-1, 1], augmented as the discriminator sees them, without gradient in the
    discriminator's step; ``real_images`` and ``real_output`` are None in a generator step unless the game
    or a technique (``needs_real``) looks at real images. ``labels`` (N,) int64 or None are those of the
    real and of the generated images alike. N are the samples of this process and of this round of accumulation.
    ``nimg``, a tensor () int64 on the device, counts real images shown to the discriminator before this step.

    ``discriminate(images, labels)`` runs the discriminator once more, always in float32: penalties that differentiate
    twice lose their meaning in bfloat16. ``random`` is what to draw from, so that a resumed run draws the same.
    """

    generator: nn.Module
    discriminator: nn.Module
    discriminate: Callable[[Tensor, Tensor | None], DOutput]
    z: Tensor
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
