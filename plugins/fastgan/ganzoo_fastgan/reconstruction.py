"""FastGAN's self-supervised discriminator (Liu et al. 2021, arXiv:2101.04775, section 3.2): it is to keep what an image shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import ConfigError, TechniqueContext
from ganzoo.nn import look_at_zeros
from ganzoo.techniques import Step, Technique
from ganzoo_fastgan.blocks import conv, up
from ganzoo_fastgan.networks import SECOND_LOOK, Discriminator, width_at

if TYPE_CHECKING:
    from ganzoo_fastgan import ReconstructionOptions


class Decoder(nn.Module):
    """maps (N, inputs, h, w) -> images (N, channels, h << doublings, w << doublings) in [-1, 1].

    Nearest upsampling and a gated convolution for each doubling, then a convolution. ``side`` are the places of the shorter side.
    """

    def __init__(self, inputs: int, channels: int, *, side: int, doublings: int, width: int) -> None:
        super().__init__()
        widths = [inputs, *(width_at(width, side << level) for level in range(1, doublings + 1))]
        blocks = [up(widths[level], widths[level + 1]) for level in range(doublings)]
        self.layers = nn.Sequential(*blocks, conv(widths[-1], channels, 3, padding=1), nn.Tanh())

    def forward(self, maps: Tensor) -> Tensor:
        images: Tensor = self.layers(maps)
        return images


class Reconstruction(Technique):
    """``weight`` times the L1 distances of real images to what decoders make of the discriminator's maps of them.

    Of three decoders one sees the last map, one the last map of the second look, and one a random quarter of the map before the
    last: it draws that quarter of the image. All draw images of 128 pixels (of half the image's size, below 256). Real images are
    looked at once more for this. Source: section 3.2, equation 2. Departs: the paper's distance is a perceptual one, by
    the features of a trained VGG; here it is the mean of absolute differences. Each image has a quarter of its own.

    Raises ConfigError for another discriminator than FastGAN's.
    """

    def __init__(self, context: TechniqueContext[ReconstructionOptions]) -> None:
        super().__init__()
        discriminator, options = context.discriminator, context.options
        if not isinstance(discriminator, Discriminator):
            raise ConfigError(
                f"'reconstruction' draws images from maps within FastGAN's discriminator, and this one is a "
                f"{type(discriminator).__name__}.\n"
                "Expected: the architecture 'fastgan', and no regularizer that lays another discriminator around its own."
            )
        self.weight, self.interval = options.weight, options.interval
        channels, height, width = context.image_shape
        side = min(height, width)
        self.side = min(SECOND_LOOK, side // 2)
        self.smaller, self.smaller_quarter = side // self.side, side // 2 // self.side
        last, before, small = (x.shape for x in look_at_zeros(discriminator, context.image_shape, discriminator.maps))

        def decoder(inputs: int, places: int) -> Decoder:
            doublings = (self.side // places).bit_length() - 1
            return Decoder(inputs, channels, side=places, doublings=doublings, width=options.width)

        self.of_last, self.of_small = (decoder(shape[1], min(shape[2:])) for shape in (last, small))
        self.of_quarter = decoder(before[1], min(before[2:]) // 2)

    def d_penalty(self, step: Step) -> Tensor:
        discriminator, real = step.discriminator, step.real_images
        assert isinstance(discriminator, Discriminator)  # as when this was built
        assert real is not None  # as always in a discriminator's step
        maps = discriminator.maps(real)
        whole = F.avg_pool2d(real, self.smaller)
        index = step.random.integers(4, len(real))
        quarter = F.avg_pool2d(quarters(real, index), self.smaller_quarter)
        distances = (
            distance(self.of_last(maps.last), whole)
            + distance(self.of_small(maps.small), whole)
            + distance(self.of_quarter(quarters(maps.before, index)), quarter)
        )
        return self.weight * distances


def distance(drawn: Tensor, images: Tensor) -> Tensor:
    """Mean absolute difference of each image. Shapes: (N, C, H, W) twice -> (N,)."""
    return (drawn - images).abs().mean((1, 2, 3))


def quarters(x: Tensor, index: Tensor) -> Tensor:
    """A quarter of each sample: 0 is above left, 1 above right, 2 and 3 below.

    Shapes: (N, C, H, W), (N,) int64 -> (N, C, H / 2, W / 2).
    """
    n, channels, height, width = x.shape
    each = x.reshape(n, channels, 2, height // 2, 2, width // 2).permute(0, 2, 4, 1, 3, 5).flatten(1, 2)
    return each[torch.arange(n, device=x.device), index]
