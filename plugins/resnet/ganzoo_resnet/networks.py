"""Residual networks, one definition for every size that the generator reaches from 4 ... 7 places by doubling.

WGAN-GP's for CIFAR-10 (Gulrajani et al. 2017, arXiv:1704.00028, appendix F), SNGAN's for CIFAR-10, STL-10 and ImageNet (Miyato
et al. 2018, arXiv:1802.05957, tables 4 to 6), and those with projection (Miyato & Koyama 2018, arXiv:1802.05637): one rule, of
which their tables are cases.
"""

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.layers import Norm
from ganzoo.nn import (
    ClassBesideLatent,
    DOutput,
    ProjectionHead,
    ResidualDown,
    ResidualUp,
    conv_norm,
    initialise,
    one_hot,
    spectral,
)
from ganzoo.sizes import doubling_widths, longest_ladder
from ganzoo_resnet import ResNetOptions, blocks_of_d


def widths(narrowest: int, count: int, options: ResNetOptions) -> list[int]:
    """Channels of ``count`` stages, from the image's on."""
    if options.widths == "doubling":
        return doubling_widths(narrowest, count, options.max_width)
    return [min(narrowest, options.max_width)] * count


class Generator(nn.Module):
    """Latents to images.

    z: (N, z_dim), standard normal; c: (N,) class ids, only if conditional. Returns (N, channels, height, width) in [-1, 1].
    Raises ConfigError for a size that the family cannot do.
    """

    def __init__(self, config: NetworkConfig[ResNetOptions]) -> None:
        super().__init__()
        options, norm, self.num_classes = config.options, config.options.norm_g, config.num_classes
        height, width, count = longest_ladder(config.image_shape, "resnet")
        self.first_map = height, width
        *outputs, first = widths(options.width_g, count + 1, options)
        self.steered = bool(self.num_classes) and options.conditioning == "cbn"
        beside, code_dim = (0, self.num_classes) if self.steered else (self.num_classes, 0)
        self.told = ClassBesideLatent(config.z_dim, beside, options.embedding_dim)
        self.stem = spectral(norm, nn.Linear(self.told.width, first * height * width))
        self.blocks = nn.ModuleList()
        for n in reversed(outputs):
            self.blocks.append(ResidualUp(first, n, code_dim=code_dim, norm=norm, weights=norm))
            first = n
        to_image = spectral(norm, nn.Conv2d(first, config.image_shape.channels, 3, padding=1))
        self.to_image = nn.Sequential(conv_norm(norm, first), nn.ReLU(), to_image)
        draw(self, options)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        code = one_hot(c, self.num_classes, z.dtype) if self.steered else None
        x = self.stem(self.told(z, c)).unflatten(1, (-1, *self.first_map))
        for block in self.blocks:
            x = block(x, code)
        return torch.tanh(self.to_image(x))


class Discriminator(nn.Module):
    """Images to logits.

    images: (N, channels, height, width) in [-1, 1]; c: (N,) class ids, only if conditional.
    Returns logits (N,) and features (N, F), the rectified last map summed or averaged over its places.
    """

    def __init__(self, config: NetworkConfig[ResNetOptions]) -> None:
        super().__init__()
        options, norm, inputs = config.options, config.options.norm_d, config.image_shape.channels
        down, plain = blocks_of_d(config.image_shape, options)
        self.mean = options.pool == "mean"
        self.blocks = nn.Sequential()
        for level, n in enumerate(widths(options.width_d, down + plain, options)):
            # As both papers' authors have it: the first block goes to its width at once and has no norms, the others keep the
            # channels that they are given until the second convolution.
            first = level == 0
            kind: Norm = "none" if first else norm
            hidden = n if first else inputs
            block = ResidualDown(inputs, n, down=level < down, first=first, hidden=hidden, norm=kind, weights=norm)
            self.blocks.append(block)
            inputs = n
        self.relu = nn.ReLU()
        self.head = ProjectionHead(inputs, config.num_classes, norm=norm)
        draw(self, options)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        x = self.relu(self.blocks(images))
        features = x.mean(dim=(2, 3)) if self.mean else x.sum(dim=(2, 3))
        output: DOutput = self.head(features, c)
        return output


@torch.no_grad()
def draw(network: Generator | Discriminator, options: ResNetOptions) -> None:
    """Initial weights.

    ``glorot`` is what the authors of both papers have: with a gain of sqrt(2) for the convolutions of 3x3 in blocks.
    """
    initialise(network, options.init)
    if options.init == "glorot":
        for name, parameter in network.blocks.named_parameters():
            if name.split(".")[1] in ("conv1", "conv2"):
                parameter.mul_(2**0.5)  # biases are 0
