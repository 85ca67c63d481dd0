"""Fully connected networks without norms, small enough to be watched (after Metz et al. 2017, arXiv:1611.02163)."""

from math import prod

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import DOutput, one_hot_beside
from ganzoo_plane import ToyOptions


def _hidden(inputs: int, options: ToyOptions, *, slope: float) -> nn.Sequential:
    """Hidden layers under rectifiers with ``slope`` below 0."""
    layers: list[nn.Module] = []
    for units in [inputs] + [options.width] * (options.depth - 1):
        layer = nn.Linear(units, options.width)
        nn.init.kaiming_normal_(layer.weight, a=slope)
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.LeakyReLU(slope) if slope else nn.ReLU()]
    return nn.Sequential(*layers)


class Generator(nn.Module):
    """z (N, z_dim), c (N,) class ids if conditional -> images (N, C, H, W) in [-1, 1]."""

    def __init__(self, config: NetworkConfig[ToyOptions]) -> None:
        super().__init__()
        self.image_shape, self.num_classes = config.image_shape, config.num_classes
        self.hidden = _hidden(config.z_dim + config.num_classes, config.options, slope=0.0)
        self.to_image = nn.Linear(config.options.width, prod(config.image_shape))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        hidden = self.hidden(one_hot_beside(z, c, self.num_classes))
        return torch.tanh(self.to_image(hidden)).view(-1, *self.image_shape)


class Discriminator(nn.Module):
    """images (N, C, H, W), c (N,) class ids if conditional -> logits (N,), features (N, width)."""

    def __init__(self, config: NetworkConfig[ToyOptions]) -> None:
        super().__init__()
        self.num_classes = config.num_classes
        self.hidden = _hidden(prod(config.image_shape) + config.num_classes, config.options, slope=0.2)
        self.to_logit = nn.Linear(config.options.width, 1)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        features = self.hidden(one_hot_beside(images.flatten(1), c, self.num_classes))
        return DOutput(logits=self.to_logit(features).squeeze(1), features=features)
