"""The class beside the image, at the discriminator's input (Mirza & Osindero 2014, arXiv:1411.1784)."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import DiscriminatorBuild, ImageShape
from ganzoo.nn import one_hot
from ganzoo_conditioning.options import ConcatOptions


def one_hot_planes(*, classes: Tensor, num_classes: int, like: Tensor) -> Tensor:
    """Plane c of ``num_classes`` is 1 everywhere, the others 0. Shapes: (N,), images (N, C, H, W) -> (N, K, H, W)."""
    hot = one_hot(classes, num_classes, like.dtype)
    return hot[:, :, None, None].expand(-1, -1, *like.shape[2:])


class OneHotPlanes(nn.Module):
    """A discriminator that is shown ``one_hot_planes`` beside each image: images (N, C, H, W), c (N,) -> its output."""

    def __init__(self, inner: nn.Module, num_classes: int) -> None:
        super().__init__()
        self.inner, self.num_classes = inner, num_classes

    def forward(self, images: Tensor, c: Tensor) -> object:
        planes = one_hot_planes(classes=c, num_classes=self.num_classes, like=images)
        return self.inner(torch.cat([images, planes], dim=1))


class LearnedPlanes(nn.Module):
    """A discriminator that is shown ``maps`` learned pictures of the class beside each image.

    images (N, C, H, W), c (N,) -> its output. The pictures begin as N(0, 1), about as large as an image's values.
    """

    def __init__(self, inner: nn.Module, num_classes: int, maps: int, shape: ImageShape) -> None:
        super().__init__()
        self.inner, self.shape = inner, (maps, shape.height, shape.width)
        # No embedding layer, which a spectral norm would take for a weight and make too faint to be seen.
        self.pictures = nn.Parameter(torch.randn(num_classes, prod(self.shape)))

    def forward(self, images: Tensor, c: Tensor) -> object:
        planes = F.embedding(c, self.pictures).unflatten(1, self.shape)
        return self.inner(torch.cat([images, planes.to(images.dtype)], dim=1))


def with_planes(options: ConcatOptions, build: DiscriminatorBuild, num_classes: int) -> DiscriminatorBuild:
    """Discriminators for images of a shape, made of those for as many channels more as there are planes."""

    def build_with_planes(shape: ImageShape) -> nn.Module:
        more = num_classes if options.planes == "one-hot" else options.maps
        inner = build(shape._replace(channels=shape.channels + more))
        if options.planes == "one-hot":
            return OneHotPlanes(inner, num_classes)
        return LearnedPlanes(inner, num_classes, options.maps, shape)

    return build_with_planes
