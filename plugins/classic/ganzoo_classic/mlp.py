"""The multilayer-perceptron GAN of countless first implementations; the class as in Mirza & Osindero 2014, arXiv:1411.1784.

Generator: 256-512-1024, LeakyReLU(0.2), batch norm with momentum 0.8 as Keras counts it, tanh. Discriminator: 512-256,
LeakyReLU(0.2).
"""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import DOutput, one_hot_beside, spectral
from ganzoo_classic import MLPOptions


def _norm(norm: str, units: int) -> nn.Module:
    if norm == "batch":
        return nn.BatchNorm1d(units, momentum=0.2)  # Keras's 0.8 is the share kept, torch's momentum the share replaced
    return nn.LayerNorm(units) if norm == "layer" else nn.Identity()


class Generator(nn.Module):
    """z (N, z_dim), c (N,) class ids if conditional -> images (N, C, H, W) in [-1, 1]."""

    def __init__(self, config: NetworkConfig[MLPOptions]) -> None:
        super().__init__()
        self.image_shape, self.num_classes = config.image_shape, config.num_classes
        options = config.options
        units = [config.z_dim + config.num_classes, *options.hidden_g]
        layers: list[nn.Module] = []
        biased = options.norm_g != "batch"  # batch norm takes a bias away again: it would move by rounding alone
        for inputs, outputs in pairwise(units):
            layers += [nn.Linear(inputs, outputs, biased), _norm(options.norm_g, outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Linear(units[-1], prod(config.image_shape)))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x: Tensor = self.layers(one_hot_beside(z, c, self.num_classes))
        return torch.tanh(x).view(-1, *self.image_shape)


class Discriminator(nn.Module):
    """images (N, C, H, W), c (N,) class ids if conditional -> logits (N,), features (N, units of the last hidden layer)."""

    def __init__(self, config: NetworkConfig[MLPOptions]) -> None:
        super().__init__()
        self.num_classes, norm = config.num_classes, config.options.norm_d
        units = [prod(config.image_shape) + config.num_classes, *config.options.hidden_d]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(units):
            layers += [spectral(norm, nn.Linear(inputs, outputs)), _norm(norm, outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.to_logit = spectral(norm, nn.Linear(units[-1], 1))

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        features = self.layers(one_hot_beside(images.flatten(1), c, self.num_classes))
        return DOutput(logits=self.to_logit(features).squeeze(1), features=features)
