"""Adaptive pseudo augmentation (Jiang et al. 2021, arXiv:2111.06849): some generated images are passed off as real ones."""

import torch
from torch import Tensor

from ganzoo.techniques import Random, Step, Transform
from ganzoo_augmentations.overfitting import AdaptiveProbability, ScheduledProbability


class PseudoAugment(Transform):
    """Each real image is replaced by the generated one beside it with a probability that follows the overfitting, or a schedule.

    Source: section 3.2 and algorithm 1.
    """

    def __init__(self, probability: AdaptiveProbability | ScheduledProbability) -> None:
        super().__init__()
        self.probability = probability

    def real_images(self, real: Tensor, fake: Tensor, random: Random) -> Tensor:
        return torch.where(random.uniform(len(real), 1, 1, 1) < self.probability.p, fake, real)

    def after_d_step(self, step: Step) -> None:
        self.probability.follow(step)
