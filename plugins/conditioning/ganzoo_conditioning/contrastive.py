"""Images compared with their class's vector and with each other: ContraGAN's 2C loss and ReACGAN's D2D-CE.

Kang & Park 2020, arXiv:2006.12681, and Kang et al. 2021, arXiv:2111.01118. Every image of the batch is compared with every other,
of whichever process; of a batch in several rounds, with those of its round.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Generic, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import TechniqueContext
from ganzoo.nn import gather_samples
from ganzoo.techniques import Step, Technique
from ganzoo_conditioning.heads import fake_of, fixed, linear_head, real_of
from ganzoo_conditioning.options import ContrastiveOptions, DataToDataOptions

OptionsT = TypeVar("OptionsT", bound=ContrastiveOptions)


def contrastive_loss(*, embedded: Tensor, proxies: Tensor, classes: Tensor, temperature: float) -> Tensor:
    """-log of the share that the own class has in all that an image is like, in nats: 2C.

    With l_i the embedded image and e_i its class's vector, over k != i, in the upper sum those of the same class alone:
    -log((exp(l_i e_i / t) + sum of exp(l_i l_k / t)) / (exp(l_i e_i / t) + sum of exp(l_i l_k / t))).

    Shapes: (N, E), (N, E), (N,) -> (N,); rows of length 1. Source: arXiv:2006.12681, the conditional contrastive loss.
    """
    to_class = (embedded * proxies).sum(dim=1, keepdim=True) / temperature
    to_images = embedded @ embedded.T / temperature
    others = ~torch.eye(len(classes), dtype=torch.bool, device=classes.device)
    alike = others & (classes[:, None] == classes)
    return _log_sum(to_class, to_images, others) - _log_sum(to_class, to_images, alike)


def data_to_data_loss(
    *,
    embedded: Tensor,
    proxies: Tensor,
    classes: Tensor,
    temperature: float,
    margin_positive: float,
    margin_negative: float,
) -> Tensor:
    """-log of the share that the class's vector has beside the images of other classes, in nats: D2D-CE.

    With f_i the embedded image, v_i its class's vector, [x]- = min(x, 0) and [x]+ = max(x, 0), and sums over j of other classes:
    -log(exp([f_i v_i - m_p]- / tau) / (exp([f_i v_i - m_p]- / tau) + sum of exp([f_i f_j - m_n]+ / tau))).

    Shapes: (N, E), (N, E), (N,) -> (N,); rows of length 1. Source: arXiv:2111.01118, the data-to-data cross-entropy loss.
    """
    to_class = ((embedded * proxies).sum(dim=1, keepdim=True) - margin_positive).clamp(max=0) / temperature
    to_images = (embedded @ embedded.T - margin_negative).clamp(min=0) / temperature
    return _log_sum(to_class, to_images, classes[:, None] != classes) - to_class.squeeze(1)


def _log_sum(to_class: Tensor, to_images: Tensor, counted: Tensor) -> Tensor:
    """log(exp(to_class) + the sum of exp(to_images) where ``counted``). Shapes: (N, 1), (N, M), (N, M) -> (N,)."""
    return torch.cat([to_class, to_images.masked_fill(~counted, -torch.inf)], dim=1).logsumexp(dim=1)


class Comparison(nn.Module):
    """features (N, F), classes (N,) -> both as points on a sphere (N, E), and the classes, of the whole batch.

    A class's vector is its direction only, which a spectral norm would not change: the linear layer alone has one.
    """

    def __init__(self, context: TechniqueContext[OptionsT], name: str) -> None:
        super().__init__()
        self.embed = linear_head(context, context.options.width, name)
        self.proxies = nn.Embedding(context.num_classes, context.options.width)

    def forward(self, features: Tensor, classes: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        embedded = F.normalize(self.embed(features), eps=1e-6)
        proxies = F.normalize(self.proxies(classes), eps=1e-6)
        return gather_samples(embedded), gather_samples(proxies), gather_samples(classes)


class Compared(Technique, ABC, Generic[OptionsT]):
    """A loss of compared images: of real ones for D, of generated ones for G."""

    name: ClassVar[str]

    def __init__(self, context: TechniqueContext[OptionsT]) -> None:
        super().__init__()
        self.options = context.options
        self.compare = Comparison(context, self.name)

    def d_penalty(self, step: Step) -> Tensor:
        return self.options.weight_d * self.loss(*self.compare(*real_of(step)))

    def g_penalty(self, step: Step) -> Tensor:
        with fixed(self.compare):
            return self.options.weight_g * self.loss(*self.compare(*fake_of(step)))

    @abstractmethod
    def loss(self, embedded: Tensor, proxies: Tensor, classes: Tensor) -> Tensor:
        """Of points on the sphere (N, E), those of their classes (N, E) and the classes (N,): (N,)."""


class Contrastive(Compared[ContrastiveOptions]):
    """``contrastive_loss`` (ContraGAN).

    Other images of a class outweigh the class's vector: a generator may settle on classes that hold together under each other's
    names. (Of five small games of three classes each, it did in four with ten images of a class in a batch, in two with two.)
    """

    name = "2c"

    def loss(self, embedded: Tensor, proxies: Tensor, classes: Tensor) -> Tensor:
        return contrastive_loss(
            embedded=embedded, proxies=proxies, classes=classes, temperature=self.options.temperature
        )


class DataToData(Compared[DataToDataOptions]):
    """``data_to_data_loss`` (ReACGAN)."""

    name = "d2d-ce"

    def loss(self, embedded: Tensor, proxies: Tensor, classes: Tensor) -> Tensor:
        return data_to_data_loss(
            embedded=embedded,
            proxies=proxies,
            classes=classes,
            temperature=self.options.temperature,
            margin_positive=self.options.margin_positive,
            margin_negative=self.options.margin_negative,
        )
