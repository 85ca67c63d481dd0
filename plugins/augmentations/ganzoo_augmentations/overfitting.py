"""How often images are changed: as the discriminator overfits (Karras et al. 2020, arXiv:2006.06676), or by a schedule."""

import torch
from torch import Tensor, nn

from ganzoo.nn import gather_samples
from ganzoo.techniques import Step, half_cosine


class AdaptiveProbability(nn.Module):
    """``p`` rises while r_t = E[sign(D(x))] over the last ``interval`` steps is above ``target``, and falls below it.

    So fast that it would go from 0 to 1 in ``kimg``. With ``kimg`` 0 it stays where it begins. r_t is over the real images of
    training, and means something only where the sign of a logit does: for games whose logits are log-odds, or of margins.
    """

    p: Tensor
    signs: Tensor
    steps: Tensor
    since: Tensor

    def __init__(self, *, begin: float, target: float, kimg: float, interval: int = 4) -> None:
        super().__init__()
        self.target, self.kimg, self.interval = target, kimg, interval
        self.register_buffer("p", torch.full((), begin))
        self.register_buffer("signs", torch.zeros(()))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self.register_buffer("since", torch.zeros((), dtype=torch.int64))

    def follow(self, step: Step) -> None:
        """Take in a discriminator's step. Source: section 3.1, equation 1."""
        if not self.kimg:
            return
        assert step.real_output is not None  # as always in a discriminator's step
        self.signs.add_(gather_samples(step.real_output.logits.detach()).sign().mean())
        self.steps.add_(1)
        due = self.steps >= self.interval
        pace = (step.nimg - self.since) / (1000 * self.kimg)
        moved = self.p + (self.signs / self.steps - self.target).sign() * pace
        self.p.copy_(torch.where(due, moved.clamp(0, 1), self.p))
        self.since.copy_(torch.where(due, step.nimg, self.since))
        self.signs.mul_(~due)
        self.steps.mul_(~due)


class ScheduledProbability(nn.Module):
    """``p`` moves from ``begin`` to ``end`` along half a cosine over ``kimg``. Source: Huang et al. 2024, arXiv:2501.05441,
    appendix D, where it did no worse than an adaptive one.
    """

    p: Tensor

    def __init__(self, *, begin: float, end: float, kimg: float) -> None:
        super().__init__()
        self.begin, self.end, self.kimg = begin, end, kimg
        self.register_buffer("p", torch.full((), begin))

    def follow(self, step: Step) -> None:
        """Take in how far a discriminator's step has come."""
        self.p.copy_(half_cosine(step.nimg, begin=self.begin, end=self.end, kimg=self.kimg))
