"""Top-k training (Sinha et al. 2020, arXiv:2002.06224): the generator learns from its better images only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from ganzoo.nn import gather_samples
from ganzoo.techniques import Step, Technique

if TYPE_CHECKING:
    from ganzoo_regularizers.options import TopKOptions


def share_of_batch(nimg: Tensor, *, decay: float, epoch_kimg: float, least: float) -> Tensor:
    """max(decay^(epochs), least): the share of a batch that is looked at, from 1 down.

    Shapes: () -> (). Source: section 3, where k is multiplied by gamma = ``decay`` after each epoch.
    """
    epochs = (nimg / (1000 * epoch_kimg)).floor()
    return (decay**epochs).clamp(min=least)


def among_the_best(logits: Tensor, share: Tensor) -> Tensor:
    """1 for logits among the largest ``share`` of the whole batch (at least one), 0 for others. Shapes: (N,), () -> (N,)."""
    whole = gather_samples(logits)
    better = (whole[None, :] > logits[:, None]).sum(1)
    return (better < (share * len(whole)).floor().clamp(min=1)).to(logits.dtype)


class TopK(Technique):
    """The generator's losses count for the images with the largest logits, whose share shrinks to ``least``."""

    def __init__(self, options: TopKOptions) -> None:
        super().__init__()
        self.options = options

    def g_losses(self, losses: Tensor, step: Step) -> Tensor:
        options = self.options
        share = share_of_batch(step.nimg, decay=options.decay, epoch_kimg=options.epoch_kimg, least=options.least)
        counts = among_the_best(step.fake_output.logits.detach(), share)
        return losses * counts / gather_samples(counts).mean()
