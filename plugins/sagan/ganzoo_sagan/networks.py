"""SAGAN (Zhang et al. 2019, arXiv:1805.08318), one definition for every size that halving brings to 4 places.

The paper's networks are those of 128 pixels: residual blocks as SNGAN's (arXiv:1802.05957, table 6) and attention at 32 pixels.
"""

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import (
    DOutput,
    ProjectionHead,
    ResidualDown,
    ResidualUp,
    SelfAttention2d,
    initialise,
    one_hot,
    spectral,
)
from ganzoo.sizes import doubling_widths, ladder
from ganzoo_sagan import SAGANOptions, attention_level


class Generator(nn.Module):
    """Latents to images.

    z: (N, z_dim), standard normal; c: (N,) class ids, only if conditional. Returns (N, channels, height, width) in [-1, 1].
    Raises ConfigError for a size that the family cannot do.
    """

    def __init__(self, config: NetworkConfig[SAGANOptions]) -> None:
        super().__init__()
        options, weights, self.num_classes = config.options, config.options.weights_g, config.num_classes
        height, width, levels = ladder(config.image_shape, "sagan")
        self.first_map = height, width
        outputs, place = doubling_widths(options.width_g, levels, options.max_width)[::-1], attention_level(config)
        inputs = outputs[0]
        self.stem = spectral(weights, nn.Linear(config.z_dim, inputs * height * width))
        self.blocks = nn.ModuleList()
        for level, n in zip(range(levels, 0, -1), outputs, strict=True):
            if level == place:
                self.blocks.append(SelfAttention2d(inputs, norm=weights))
            # What the class does to the norms is a table, not a weight of a layer: the authors leave it as it is.
            self.blocks.append(ResidualUp(inputs, n, code_dim=self.num_classes, weights=weights, code_weights="none"))
            inputs = n
        to_image = spectral(weights, nn.Conv2d(inputs, config.image_shape.channels, 3, padding=1))
        self.to_image = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(), to_image)
        initialise(self, "glorot")

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        code = one_hot(c, self.num_classes, z.dtype) if self.num_classes else None
        x = self.stem(z).unflatten(1, (-1, *self.first_map))
        for block in self.blocks:
            x = block(x) if isinstance(block, SelfAttention2d) else block(x, code)
        return torch.tanh(self.to_image(x))


class Discriminator(nn.Module):
    """Images to logits.

    images: (N, channels, height, width) in [-1, 1]; c: (N,) class ids, only if conditional.
    Returns logits (N,) and features (N, F), the rectified last map summed over its places.
    """

    def __init__(self, config: NetworkConfig[SAGANOptions]) -> None:
        super().__init__()
        options, weights, inputs = config.options, config.options.weights_d, config.image_shape.channels
        levels, place = ladder(config.image_shape, "sagan").doublings, attention_level(config)
        self.blocks = nn.Sequential()
        for level, n in enumerate(doubling_widths(options.width_d, levels, options.max_width), start=1):
            self.blocks.append(ResidualDown(inputs, n, first=level == 1, weights=weights))
            inputs = n
            if level == place:
                self.blocks.append(SelfAttention2d(inputs, norm=weights))
        self.blocks.append(ResidualDown(inputs, inputs, down=False, weights=weights))
        self.relu = nn.ReLU()
        self.head = ProjectionHead(inputs, config.num_classes, norm=weights)
        initialise(self, "glorot")

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        features = self.relu(self.blocks(images)).sum(dim=(2, 3))
        output: DOutput = self.head(features, c)
        return output
