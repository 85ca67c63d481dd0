"""The networks of the 2014 paper's MNIST experiment (Goodfellow et al., arXiv:1406.2661, section 5, and its authors' settings).

Departs: the generator's sigmoid is stretched to [-1, 1], the zoo's range; a class may be given (Mirza & Osindero 2014,
arXiv:1411.1784, whose networks were of this kind).
"""

from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import DOutput, one_hot_beside
from ganzoo_classic import MaxoutOptions


class Maxout(nn.Module):
    """The largest of ``pieces`` linear maps (Goodfellow et al. 2013, arXiv:1302.4389). (N, inputs) -> (N, outputs)."""

    def __init__(self, inputs: int, outputs: int, pieces: int) -> None:
        super().__init__()
        self.linear, self.pieces = nn.Linear(inputs, outputs * pieces), pieces

    def forward(self, x: Tensor) -> Tensor:
        pieces: Tensor = self.linear(x)
        return pieces.view(len(x), -1, self.pieces).amax(dim=2)


def _uniform(module: nn.Module, limit: float) -> None:
    """Weights from U(-limit, limit), biases 0."""
    for m in module.modules():
        if isinstance(m, nn.Linear):
            nn.init.uniform_(m.weight, -limit, limit)
            nn.init.zeros_(m.bias)


class Generator(nn.Module):
    """z (N, z_dim), c (N,) class ids if conditional -> images (N, C, H, W) in [-1, 1]. Noise enters at the bottom only."""

    def __init__(self, config: NetworkConfig[MaxoutOptions]) -> None:
        super().__init__()
        self.image_shape, self.num_classes = config.image_shape, config.num_classes
        units = [config.z_dim + config.num_classes, *config.options.hidden_g]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(units):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(units[-1], prod(config.image_shape)))
        _uniform(self, 0.05)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x: Tensor = self.layers(one_hot_beside(z, c, self.num_classes))
        return (2 * torch.sigmoid(x) - 1).view(-1, *self.image_shape)


class Discriminator(nn.Module):
    """images (N, C, H, W), c (N,) class ids if conditional -> logits (N,), features (N, units of the last hidden layer)."""

    def __init__(self, config: NetworkConfig[MaxoutOptions]) -> None:
        super().__init__()
        self.num_classes, options = config.num_classes, config.options
        units = [prod(config.image_shape) + config.num_classes, *options.hidden_d]
        layers: list[nn.Module] = [nn.Dropout(options.dropout_input)]
        for inputs, outputs in pairwise(units):
            layers += [Maxout(inputs, outputs, options.pieces), nn.Dropout(options.dropout_hidden)]
        self.layers = nn.Sequential(*layers)
        self.to_logit = nn.Linear(units[-1], 1)
        _uniform(self, 0.005)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        # The paper's images lie in [0, 1]: there dropout of a black pixel changes nothing, at -1 it would most of all.
        pixels = (images.flatten(1) + 1) / 2
        features = self.layers(one_hot_beside(pixels, c, self.num_classes))
        return DOutput(logits=self.to_logit(features).squeeze(1), features=features)
