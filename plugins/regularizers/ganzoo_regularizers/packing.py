"""PacGAN (Lin et al. 2018, arXiv:1712.04086): the discriminator judges several images at once, and sees when they are alike."""

import torch
from torch import Tensor, nn

from ganzoo import ConfigError, DiscriminatorBuild, ImageShape
from ganzoo.nn import DOutput, as_output


class Packed(nn.Module):
    """A discriminator of ``size`` images of one kind, laid together along the channels; each gets the logit of its pack.

    images (N, C, H, W) -> logits (N,); where ``size`` does not divide N, the first ones fill the last pack. Source: section 2.
    """

    mixes_samples = True

    def __init__(self, inner: nn.Module, size: int) -> None:
        super().__init__()
        self.inner, self.size = inner, size

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        n, *shape = images.shape
        packs = -(-n // self.size)
        if packs * self.size != n:
            images = images[torch.arange(packs * self.size, device=images.device) % n]
        output = as_output(self.inner(images.reshape(packs, self.size * shape[0], *shape[1:])))
        logits, *others = (None if part is None else part.repeat_interleave(self.size, 0)[:n] for part in output)
        assert logits is not None
        return DOutput(logits, *others)


def packed(build: DiscriminatorBuild, size: int, num_classes: int) -> DiscriminatorBuild:
    """Discriminators that judge ``size`` images at a time. Raises ConfigError where these would be of several classes."""
    if num_classes:
        raise ConfigError(
            "'packing' lays images of several classes together.\nExpected a game without '--conditional'."
        )
    return lambda shape: Packed(build(ImageShape(size * shape.channels, shape.height, shape.width)), size)
