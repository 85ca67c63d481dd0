"""A classifier on the discriminator's features: one, a twin beside it, or one that tells real from generated as well.

ACGAN (Odena et al. 2017, arXiv:1610.09585), TAC-GAN (Gong et al. 2019, arXiv:1907.02690) and ADC-GAN (Hou et al. 2022,
arXiv:2107.10060). The papers' classifiers share the discriminator's body, and so do these: linear layers on its features.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ganzoo import TechniqueContext
from ganzoo.techniques import Step, Technique
from ganzoo_conditioning.heads import fake_of, fixed, linear_head, real_of
from ganzoo_conditioning.options import AuxiliaryOptions, WeightOptions


def class_loss(*, class_logits: Tensor, classes: Tensor) -> Tensor:
    """-log P(C = c | x), in nats. Shapes: (N, K), (N,) -> (N,). Source: arXiv:1610.09585, equation 3 (L_C), negated."""
    return F.cross_entropy(class_logits, classes, reduction="none")


def twin_g_loss(*, class_logits: Tensor, twin_logits: Tensor, classes: Tensor) -> Tensor:
    """-log P(c | x) + log P_twin(c | x), in nats: like the class as real images are, and not more so than generated ones are.

    Shapes: (N, K), (N, K), (N,) -> (N,). Source: arXiv:1907.02690, the terms of the objective of TAC-GAN that the generator sees.
    """
    likely = class_loss(class_logits=class_logits, classes=classes)
    return likely - class_loss(class_logits=twin_logits, classes=classes)


def discriminative_d_loss(*, class_logits: Tensor, classes: Tensor, real: bool) -> Tensor:
    """-log P(c, real | x) of real images, -log P(c, generated | x) of generated ones, in nats.

    Shapes: (N, 2 K), of which the first K are the real classes, (N,) -> (N,). Source: arXiv:2107.10060, the objective of the
    classifier.
    """
    num_classes = class_logits.shape[1] // 2
    return class_loss(class_logits=class_logits, classes=classes if real else classes + num_classes)


def discriminative_g_loss(*, class_logits: Tensor, classes: Tensor) -> Tensor:
    """-log P(c, real | x) + log P(c, generated | x): the difference of two logits.

    Shapes: (N, 2 K), (N,) -> (N,). Source: arXiv:2107.10060, the generator's objective.
    """
    num_classes = class_logits.shape[1] // 2
    right = torch.stack([classes, classes + num_classes], dim=1)
    real, generated = class_logits.gather(1, right).unbind(1)
    return generated - real


class AuxiliaryClassifier(Technique):
    """``class_loss`` on real and, if ``fake``, on generated images for D, on generated ones for G (ACGAN)."""

    def __init__(self, context: TechniqueContext[AuxiliaryOptions]) -> None:
        super().__init__()
        self.options = context.options
        self.classifier = linear_head(context, context.num_classes, "ac")

    def d_penalty(self, step: Step) -> Tensor:
        loss = self._loss(*real_of(step))
        if self.options.fake:
            loss = loss + self._loss(*fake_of(step))
        return self.options.weight_d * loss

    def g_penalty(self, step: Step) -> Tensor:
        with fixed(self.classifier):
            return self.options.weight_g * self._loss(*fake_of(step))

    def _loss(self, features: Tensor, classes: Tensor) -> Tensor:
        return class_loss(class_logits=self.classifier(features), classes=classes)


class TwinClassifiers(Technique):
    """A classifier of real images, a twin of generated ones, and ``twin_g_loss`` for G (TAC-GAN).

    As in the authors' code, the first learns of real images only, where the paper's objective has generated ones too.
    """

    def __init__(self, context: TechniqueContext[WeightOptions]) -> None:
        super().__init__()
        self.options = context.options
        self.classifier = linear_head(context, context.num_classes, "tac")
        self.twin = linear_head(context, context.num_classes, "tac")

    def d_penalty(self, step: Step) -> Tensor:
        (real, classes), (fake, _) = real_of(step), fake_of(step)
        on_real = class_loss(class_logits=self.classifier(real), classes=classes)
        on_fake = class_loss(class_logits=self.twin(fake), classes=classes)
        return self.options.weight_d * (on_real + on_fake)

    def g_penalty(self, step: Step) -> Tensor:
        features, classes = fake_of(step)
        with fixed(self):
            loss = twin_g_loss(class_logits=self.classifier(features), twin_logits=self.twin(features), classes=classes)
        return self.options.weight_g * loss


class DiscriminativeClassifier(Technique):
    """One classifier of 2 K classes, the real and the generated ones: ``discriminative_d_loss`` and ``discriminative_g_loss``."""

    def __init__(self, context: TechniqueContext[WeightOptions]) -> None:
        super().__init__()
        self.options = context.options
        self.classifier = linear_head(context, 2 * context.num_classes, "adc")

    def d_penalty(self, step: Step) -> Tensor:
        (real, classes), (fake, _) = real_of(step), fake_of(step)
        on_real = discriminative_d_loss(class_logits=self.classifier(real), classes=classes, real=True)
        on_fake = discriminative_d_loss(class_logits=self.classifier(fake), classes=classes, real=False)
        return self.options.weight_d * (on_real + on_fake)

    def g_penalty(self, step: Step) -> Tensor:
        features, classes = fake_of(step)
        with fixed(self):
            return self.options.weight_g * discriminative_g_loss(
                class_logits=self.classifier(features), classes=classes
            )
