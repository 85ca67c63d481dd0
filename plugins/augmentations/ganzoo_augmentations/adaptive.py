"""Adaptive discriminator augmentation (Karras et al. 2020, arXiv:2006.06676), in plain torch.

Departs: images are sampled bilinearly at their own resolution, without the paper's wavelet filter at twice that; the filters and
the noise of its appendix, which its training leaves out, are left out here too. Squares are cut out at whole pixels.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from ganzoo.techniques import Random, Step, Transform
from ganzoo_augmentations.differentiable import cut_out
from ganzoo_augmentations.overfitting import AdaptiveProbability, ScheduledProbability

LN2 = math.log(2)


class AdaptiveAugment(Transform):
    """Pixel moves, geometry, colour and cutout, each with a probability that follows the overfitting or a schedule.

    images: (N, C, H, W) -> the same shape; what comes in from outside is reflected, what is cut out is 0. Colours change with
    ``colour_rate`` times that probability, at 0 never. Source: appendix B.
    """

    def __init__(
        self,
        probability: AdaptiveProbability | ScheduledProbability,
        *,
        blit: bool,
        geometry: bool,
        colour_rate: float,
        cutout: bool = False,
    ) -> None:
        super().__init__()
        self.probability = probability
        self.blit, self.geometry, self.colour_rate, self.cutout = blit, geometry, colour_rate, cutout

    def forward(self, images: Tensor, random: Random) -> Tensor:
        p = self.probability.p.clone()
        if self.blit or self.geometry:
            images = moved(images, self._places(images, p, random))
        if self.colour_rate:
            images = recoloured(images, colour_matrices(len(images), self.colour_rate * p, random))
        if self.cutout:
            chance = random.uniform(len(images), 1, 1, 1)
            images = torch.where(chance < p, cut_out(images, random), images)
        return images

    def after_d_step(self, step: Step) -> None:
        self.probability.follow(step)

    def _places(self, images: Tensor, p: Tensor, random: Random) -> Tensor:
        """(N, 3, 3): from places in what is made to places in ``images``, both in [-1, 1]."""
        n, _, height, width = images.shape
        places = identity(3, n, images)
        # From what is made back to what was: what is done first is undone last, so it stands to the left.
        if self.blit:
            places = places @ blit_matrices(n, p, random, height=height, width=width)
        if self.geometry:
            places = places @ geometry_matrices(n, p, random)
        return places


def chosen(values: Tensor, p: Tensor | float, random: Random, otherwise: float) -> Tensor:
    """Each value (N,) with probability ``p``, else the one that changes nothing."""
    return torch.where(random.uniform(len(values)) < p, values, otherwise)


def identity(size: int, n: int, like: Tensor) -> Tensor:
    """(N, size, size)."""
    return torch.eye(size, device=like.device).expand(n, size, size)


def matrix(*rows: list[Tensor | float]) -> Tensor:
    """(N, R, C) from R rows of C values, each (N,) or a number."""
    some = next(value for row in rows for value in row if isinstance(value, Tensor))
    full = [[value if isinstance(value, Tensor) else torch.full_like(some, value) for value in row] for row in rows]
    return torch.stack([torch.stack(row, -1) for row in full], -2)


def scaling(x: Tensor, y: Tensor) -> Tensor:
    return matrix([x, 0.0, 0.0], [0.0, y, 0.0], [0.0, 0.0, 1.0])


def translation(x: Tensor, y: Tensor) -> Tensor:
    return matrix([1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0])


def rotation(angle: Tensor) -> Tensor:
    cos, sin = angle.cos(), angle.sin()
    return matrix([cos, -sin, 0.0], [sin, cos, 0.0], [0.0, 0.0, 1.0])


def blit_matrices(n: int, p: Tensor, random: Random, *, height: int, width: int) -> Tensor:
    """Mirrored left to right, turned by quarters, moved by up to 1/8 in whole pixels. Source: appendix B, "Pixel blitting"."""
    mirror = chosen(1.0 - 2.0 * random.integers(2, n), p, random, 1.0)
    quarters = chosen(random.integers(4, n) * (math.pi / 2), p, random, 0.0)
    # The same choice for both directions.
    move = chosen(torch.ones_like(mirror), p, random, 0.0)
    x, y = (move * ((2 * random.uniform(n) - 1) * 0.125 * size).round() * (2 / size) for size in (width, height))
    return scaling(mirror, torch.ones_like(mirror)) @ rotation(quarters) @ translation(x, y)


def geometry_matrices(n: int, p: Tensor, random: Random) -> Tensor:
    """Scaled, turned, stretched, turned again, moved by fractions of a pixel. Source: appendix B, "General geometric".

    A turn before and one after the stretch, each with 1 - sqrt(1 - p): any at all has probability p.
    """
    half = 1 - (1 - p).sqrt()
    scale = chosen((0.2 * LN2 * random.normal(n)).exp(), p, random, 1.0)
    turns = [chosen((2 * random.uniform(n) - 1) * math.pi, half, random, 0.0) for _ in range(2)]
    stretch = chosen((0.2 * LN2 * random.normal(n)).exp(), p, random, 1.0)
    move = chosen(torch.ones_like(scale), p, random, 0.0)
    x, y = (move * 0.25 * random.normal(n) for _ in range(2))  # 0.125 of the image, whose sides are 2 here
    stretched = rotation(turns[0]) @ scaling(stretch, 1 / stretch) @ rotation(turns[1])
    return scaling(scale, scale) @ stretched @ translation(x, y)


def moved(images: Tensor, places: Tensor) -> Tensor:
    """Images sampled bilinearly at ``places`` (N, 3, 3), reflected at their edges. Returns (N, C, H, W)."""
    grid = F.affine_grid(places[:, :2], list(images.shape), align_corners=False)
    return F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def colour_matrices(n: int, p: Tensor, random: Random) -> Tensor:
    """(N, 4, 4) on (red, green, blue, 1): brightness, contrast, luma flip, hue, saturation. Source: appendix B, "Color"."""
    brightness = chosen(0.2 * random.normal(n), p, random, 0.0)
    contrast = chosen((0.5 * LN2 * random.normal(n)).exp(), p, random, 1.0)
    flip = chosen(random.integers(2, n) * 1.0, p, random, 0.0)
    hue = chosen((2 * random.uniform(n) - 1) * math.pi, p, random, 0.0)
    saturation = chosen((LN2 * random.normal(n)).exp(), p, random, 1.0)
    one = torch.ones_like(brightness)
    grey = matrix(*[[one / 3] * 3 + [0.0] for _ in range(3)], [0.0, 0.0, 0.0, 0.0])  # onto the axis of greys
    whole = identity(4, n, brightness)
    level = contrast * brightness  # first the one, then the other
    shifted = matrix(
        [contrast, 0.0, 0.0, level], [0.0, contrast, 0.0, level], [0.0, 0.0, contrast, level], [0.0, 0.0, 0.0, one]
    )
    flipped = whole - 2 * grey * flip[:, None, None]  # Householder
    turned = _about_grey(hue)
    own = matrix(*[[one if i == j else 0.0 for j in range(4)] for i in range(3)], [0.0] * 4) - grey
    rest = matrix([0.0] * 4, [0.0] * 4, [0.0] * 4, [0.0, 0.0, 0.0, one])
    saturated = grey + own * saturation[:, None, None] + rest
    return saturated @ turned @ flipped @ shifted


def _about_grey(angle: Tensor) -> Tensor:
    """A turn of colours about the axis (1, 1, 1), by Rodrigues' formula."""
    cos, sin = angle.cos(), angle.sin()
    same, next_, last = (1 - cos) / 3 + cos, (1 - cos) / 3 - sin / math.sqrt(3), (1 - cos) / 3 + sin / math.sqrt(3)
    return matrix(
        [same, next_, last, 0.0],
        [last, same, next_, 0.0],
        [next_, last, same, 0.0],
        [0.0, 0.0, 0.0, torch.ones_like(cos)],
    )


def recoloured(images: Tensor, matrices: Tensor) -> Tensor:
    """Colours (N, 3, H, W) through matrices (N, 4, 4); a grey image has all three alike, and transparency stays."""
    channels = images.shape[1]
    if channels == 1:
        factor = matrices[:, :3, :3].sum(2).mean(1)[:, None, None, None]
        return images * factor + matrices[:, :3, 3].mean(1)[:, None, None, None]
    colours = torch.einsum("nij,njhw->nihw", matrices[:, :3, :3], images[:, :3]) + matrices[:, :3, 3, None, None]
    return torch.cat([colours, images[:, 3:]], 1) if channels > 3 else colours
