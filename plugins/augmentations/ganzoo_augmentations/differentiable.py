"""DiffAugment (Zhao et al. 2020, arXiv:2006.10738): the same random changes to real and to generated images, for small data."""

import torch
from torch import Tensor

from ganzoo.techniques import Random, Transform


class DiffAugment(Transform):
    """Colour, translation and cutout, one after the other, each of its own for each image.

    images: (N, C, H, W) -> the same shape; what is moved in or cut out is 0, mid-grey. Source: section 4 ("Colour, translation,
    cutout"), with the strengths of the authors' code.
    """

    def __init__(self, *, colour: bool, translation: bool, cutout: bool) -> None:
        super().__init__()
        self.changes = [
            change
            for change, wanted in ((change_colour, colour), (translate, translation), (cut_out, cutout))
            if wanted
        ]

    def forward(self, images: Tensor, random: Random) -> Tensor:
        for change in self.changes:
            images = change(images, random)
        return images


def change_colour(images: Tensor, random: Random) -> Tensor:
    """Brightness + U[-.5, .5), then saturation * U[0, 2) around each pixel's grey, contrast * U[.5, 1.5) around the mean."""
    n = len(images)
    images = images + (random.uniform(n, 1, 1, 1) - 0.5)
    grey = images.mean(1, keepdim=True)
    images = grey + (images - grey) * 2 * random.uniform(n, 1, 1, 1)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * (0.5 + random.uniform(n, 1, 1, 1))


def translate(images: Tensor, random: Random, *, reach: float = 0.125) -> Tensor:
    """Moved by whole pixels, up to ``reach`` of the side in either direction."""
    for axis in (2, 3):
        size = images.shape[axis]
        most = round(size * reach)
        places = _along(size, axis, images) + (random.integers(2 * most + 1, len(images), 1, 1, 1) - most)
        inside = (places >= 0) & (places < size)
        images = images.gather(axis, places.clamp(0, size - 1).expand(images.shape)) * inside
    return images


def cut_out(images: Tensor, random: Random, *, share: float = 0.5) -> Tensor:
    """A square of ``share`` of the side is cut out, around any pixel; at the edge there is less of it."""
    inside = torch.ones((), dtype=torch.bool, device=images.device)
    for axis in (2, 3):
        size = images.shape[axis]
        length = round(size * share)
        begin = random.integers(size + 1 - length % 2, len(images), 1, 1, 1) - length // 2
        places = _along(size, axis, images)
        inside = inside & (places >= begin) & (places < begin + length)
    return images * ~inside


def _along(size: int, axis: int, images: Tensor) -> Tensor:
    """0 ... size - 1, shaped to run along one axis of images."""
    return torch.arange(size, device=images.device).view([size if i == axis else 1 for i in range(4)])
