"""DCGAN (Radford, Metz & Chintala 2015, arXiv:1511.06434), one definition for every power-of-two resolution.

Departs: other norms than batch norm can be chosen; widths default to 64 next to the image, not 128; the class enters the
generator by an embedding beside z and the discriminator by projection (Miyato & Koyama 2018, arXiv:1802.05637).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import DOutput, conv_norm, spectral
from ganzoo_dcgan import DCGANOptions, Norm

BASE = 4  # side of the smallest feature map, in pixels


def _widths(resolution: int, narrowest: int, widest: int) -> list[int]:
    """Channels from 4x4 up to half the resolution: halving towards the image."""
    levels = (resolution // BASE).bit_length() - 1
    return [min(narrowest * 2**level, widest) for level in reversed(range(levels))]


class Generator(nn.Module):
    """Latents to images.

    z: (N, z_dim); c: (N,) class ids, only if conditional. Returns (N, channels, resolution, resolution) in [-1, 1].
    """

    def __init__(self, config: NetworkConfig[DCGANOptions]) -> None:
        super().__init__()
        options, norm = config.options, config.options.norm_g
        channels, resolution, _ = config.image_shape
        widths = _widths(resolution, options.width_g, options.max_width)
        self.embedding = nn.Embedding(config.num_classes, options.embedding_dim) if config.num_classes else None
        inputs = config.z_dim + (options.embedding_dim if config.num_classes else 0)
        # "Project and reshape" as a transposed convolution of a 1x1 map: batch norm can be folded into it at export.
        layers: list[nn.Module] = [*_up(norm, inputs, widths[0], stride=1, padding=0)]
        for wide, narrow in pairwise(widths):
            layers += _up(norm, wide, narrow)
        self.layers = nn.Sequential(*layers)
        self.to_image = _layer(norm, nn.ConvTranspose2d(widths[-1], channels, 4, 2, 1))

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        if self.embedding is not None:
            z = torch.cat([z, self.embedding(c)], dim=1)
        return torch.tanh(self.to_image(self.layers(z[:, :, None, None])))


class Discriminator(nn.Module):
    """Images to logits.

    images: (N, channels, resolution, resolution) in [-1, 1]; c: (N,) class ids, only if conditional.
    Returns logits (N,) and features (N, F), the last feature map summed over its 4x4 places.
    """

    def __init__(self, config: NetworkConfig[DCGANOptions]) -> None:
        super().__init__()
        options, norm = config.options, config.options.norm_d
        channels, resolution, _ = config.image_shape
        widths = _widths(resolution, options.width_d, options.max_width)[::-1]
        # No norm on the first layer, as in the paper: it would take the images' own mean and contrast away.
        layers: list[nn.Module] = [_layer(norm, nn.Conv2d(channels, widths[0], 4, 2, 1)), nn.LeakyReLU(0.2)]
        for narrow, wide in pairwise(widths):
            conv = _layer(norm, nn.Conv2d(narrow, wide, 4, 2, 1, bias=_needs_bias(norm)))
            layers += [conv, _norm(norm, wide), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers)
        self.to_logit = _layer(norm, nn.Linear(widths[-1] * BASE * BASE, 1))
        self.embedding = _layer(norm, nn.Embedding(config.num_classes, widths[-1])) if config.num_classes else None

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        x = self.layers(images)
        features = x.sum(dim=(2, 3))
        logits = self.to_logit(x.flatten(1)).squeeze(1)
        if self.embedding is not None:
            logits = logits + (self.embedding(c) * features).sum(dim=1)
        return DOutput(logits=logits, features=features)


def _layer(norm: Norm, layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.Embedding) -> nn.Module:
    """``layer`` with weights from N(0, 0.02) (section 4 of the paper), then spectrally normalised if that is asked for."""
    nn.init.normal_(layer.weight, 0.0, 0.02)
    if not isinstance(layer, nn.Embedding) and layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return spectral(norm, layer)


def _norm(norm: Norm, channels: int) -> nn.Module:
    layer = conv_norm(norm, channels)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)  # as the authors' code does
    return layer


def _needs_bias(norm: Norm) -> bool:
    return norm not in ("batch", "instance")  # these take away each channel's mean, and a bias with it


def _up(norm: Norm, inputs: int, outputs: int, stride: int = 2, padding: int = 1) -> tuple[nn.Module, ...]:
    conv = nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=_needs_bias(norm))
    return _layer(norm, conv), _norm(norm, outputs), nn.ReLU()


def build_pair(config: NetworkConfig[DCGANOptions]) -> tuple[nn.Module, nn.Module]:
    """The generator and the discriminator of one configuration, initialised."""
    return Generator(config), Discriminator(config)
