"""The classifier: a small convolutional network whose pooled activations are features for metrics."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from ganzoo import ImageShape

STEM = 32
MIDDLE, TOP = 64, 128
DIM = MIDDLE + TOP


class Classifier(nn.Module):
    """Images to features and logits.

    images: uint8 or float (N, C, H, W) in 0 ... 255. Returns features (N, 192), at least 0, and logits (N, num_classes).

    The features are the means over all places of the last two stages, side by side: the last knows what an image shows,
    the one before it more of how that is drawn, so that noise and blur are seen as soon as a missing class. ``scale`` is what
    each is multiplied by. The stages halve the image until it is about 4 pixels wide. ``norm=False`` builds the network
    without batch norm, as ``fold`` leaves it.
    """

    scale: Tensor

    def __init__(self, image_shape: ImageShape, num_classes: int, *, norm: bool = True) -> None:
        super().__init__()
        halvings = min(max(round(math.log2(min(image_shape.height, image_shape.width) / 4)), 1), 6)
        # The last two stages halve once each. Large images, from 91 pixels on, are halved twice by the first convolution:
        # their finest level would cost more than all others together.
        in_stem = min(max(halvings - 2, 0), 1 if halvings < 5 else 2)
        between = max(halvings - 2 - in_stem, 0)
        widths = [STEM // 2] + [STEM] * between if between else [STEM]
        self.stem = nn.Sequential(
            conv(image_shape.channels, widths[0], size=5, stride=2**in_stem, norm=norm),
            *(conv(i, o, stride=2, norm=norm) for i, o in pairwise(widths)),
        )
        self.middle = nn.Sequential(
            conv(STEM, MIDDLE, stride=2 if halvings > 1 else 1, norm=norm), conv(MIDDLE, MIDDLE, norm=norm)
        )
        self.top = nn.Sequential(conv(MIDDLE, TOP, stride=2, norm=norm), conv(TOP, TOP, norm=norm))
        self.head = nn.Linear(DIM, num_classes)
        self.register_buffer("scale", torch.ones(DIM))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        middle = self.middle(self.stem(images.float().div(127.5).sub(1)))
        top = self.top(middle)
        pooled = torch.cat([middle.mean((2, 3)), top.mean((2, 3))], dim=1)
        return pooled * self.scale, self.head(pooled)

    def blocks(self) -> Iterator[nn.Sequential]:
        """The convolutions with what follows each, in order."""
        for stage in (self.stem, self.middle, self.top):
            for block in stage:
                assert isinstance(block, nn.Sequential)
                yield block


def conv(in_width: int, out_width: int, *, size: int = 3, stride: int = 1, norm: bool) -> nn.Sequential:
    """Convolution, batch norm, rectifier: (N, in_width, H, W) -> (N, out_width, ceil(H / stride), ceil(W / stride))."""
    convolution = nn.Conv2d(in_width, out_width, size, stride, size // 2, bias=not norm)
    normalised = [nn.BatchNorm2d(out_width)] if norm else []
    return nn.Sequential(convolution, *normalised, nn.ReLU(inplace=True))


def blank(image_shape: ImageShape, num_classes: int, *, norm: bool) -> Classifier:
    """A classifier whose weights take no memory yet, and no number out of torch's global generator."""
    with torch.device("meta"):
        return Classifier(image_shape, num_classes, norm=norm)


def fold(network: Classifier, folded: Classifier) -> Classifier:
    """Give ``folded``, which has no batch norm, the weights with which it computes what ``network`` does in evaluation."""
    for block, target in zip(network.blocks(), folded.blocks(), strict=True):
        convolution, norm = block[0], block[1]
        assert isinstance(convolution, nn.Conv2d)
        assert isinstance(norm, nn.BatchNorm2d)
        target[0] = fuse_conv_bn_eval(convolution, norm)
    folded.head, folded.scale = network.head, network.scale
    return folded.eval().requires_grad_(False)
