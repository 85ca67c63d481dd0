"""The multi-hinge loss (Kavalerov et al. 2019, arXiv:1912.04216): K classes of real images, and one of generated ones."""

from __future__ import annotations

import torch
from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.nn import DOutput
from ganzoo.techniques import Random, Step, Technique
from ganzoo_conditioning.heads import classes_of, fixed, linear_head
from ganzoo_conditioning.options import MultiHingeOptions


def multi_hinge(*, class_logits: Tensor, classes: Tensor) -> Tensor:
    """max(0, 1 - s_c + max over k != c of s_k): 0 once the right class leads every other by 1.

    Shapes: (N, K + 1), (N,) -> (N,). Source: arXiv:1912.04216, after Crammer & Singer 2001.
    """
    right = class_logits.gather(1, classes[:, None])
    wrong = class_logits.scatter(1, classes[:, None], -torch.inf).amax(dim=1, keepdim=True)
    return (1 - right + wrong).clamp(min=0).squeeze(1)


class MultiHinge(Technique):
    """``multi_hinge`` of real images to their classes, of generated ones to class K + 1 for D and to their classes for G.

    The last class's score is the discriminator's logit, negated: a higher logit still means "more real", and whatever looks at
    logits (penalties, diagnoses, other techniques) finds the game's own. The first K are a linear layer on its features.

    ``alone``, this is the whole game: the game's losses are taken of logits that are 0, and the generator's is 0, so that
    neither moves anybody. Otherwise it is added to them.
    """

    def __init__(self, context: TechniqueContext[MultiHingeOptions]) -> None:
        super().__init__()
        self.options, self.num_classes = context.options, context.num_classes
        self.classifier = linear_head(context, context.num_classes, "multi-hinge")

    def d_logits(self, real: Tensor, fake: Tensor, random: Random) -> tuple[Tensor, Tensor]:
        return (torch.zeros_like(real), torch.zeros_like(fake)) if self.options.alone else (real, fake)

    def g_losses(self, losses: Tensor, step: Step) -> Tensor:
        return torch.zeros_like(losses) if self.options.alone else losses

    def d_penalty(self, step: Step) -> Tensor:
        assert step.real_output is not None  # as always in a D step
        classes = classes_of(step)
        on_real = multi_hinge(class_logits=self.scores(step.real_output), classes=classes)
        generated = torch.full_like(classes, self.num_classes)
        on_fake = multi_hinge(class_logits=self.scores(step.fake_output), classes=generated)
        return self.options.weight_d * (on_real + on_fake)

    def g_penalty(self, step: Step) -> Tensor:
        with fixed(self.classifier):
            scores = self.scores(step.fake_output)
        return self.options.weight_g * multi_hinge(class_logits=scores, classes=classes_of(step))

    def scores(self, output: DOutput) -> Tensor:
        """What is said of each class (N, K + 1), the last of which are the generated images."""
        return torch.cat([self.classifier(output.features), -output.logits[:, None]], dim=1)
