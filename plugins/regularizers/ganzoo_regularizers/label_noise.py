"""Noisy labels (Chintala et al. 2016, "How to train a GAN?", tip 6): now and then D is told the opposite."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ganzoo.techniques import Random, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import LabelNoiseOptions


class LabelNoise(Technique):
    """With probability ``p``, a real image and the generated one beside it change places in the discriminator's loss."""

    def __init__(self, options: LabelNoiseOptions) -> None:
        super().__init__()
        self.p = options.p

    def d_logits(self, real: Tensor, fake: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        exchanged = random.uniform(len(real)) < self.p
        return torch.where(exchanged, fake, real), torch.where(exchanged, real, fake)
