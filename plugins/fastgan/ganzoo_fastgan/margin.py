"""Hinge loss with margins drawn at random, as the code of FastGAN's authors has it."""

from __future__ import annotations

from torch import Tensor

from ganzoo.techniques import Random, Technique


class RandomMargin(Technique):
    """Lets a hinge loss of margin 1 see margins drawn from 1 - ``spread`` ... 1, one for each logit.

    max(0, m - real) is max(0, 1 - (real + 1 - m)), and max(0, m + fake) is max(0, 1 + fake - (1 - m)): logits are moved towards
    their own side. Other losses see logits so moved. Source: the authors' train.py, where m is 0.8 + 0.2 u; the paper
    has a margin of 1.
    """

    def __init__(self, spread: float) -> None:
        super().__init__()
        self.spread = spread

    def d_logits(self, real: Tensor, fake: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        """(N,), (N,) -> (N,), (N,)."""
        return real + self.spread * random.uniform(len(real)), fake - self.spread * random.uniform(len(fake))
