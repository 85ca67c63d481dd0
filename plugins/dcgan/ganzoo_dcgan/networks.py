"""DCGAN (Radford, Metz & Chintala 2015, arXiv:1511.06434), one definition for every size that halving comes down to 4 places.

Departs: other norms than batch norm can be chosen; widths default to 64 next to the image, not 128; the class enters the
generator by an embedding beside z or by its norms, and the discriminator by projection (Miyato & Koyama 2018, arXiv:1802.05637).
"""

import math
from itertools import pairwise

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.layers import Norm
from ganzoo.nn import (
    ClassBesideLatent,
    ConditionalBatchNorm2d,
    DOutput,
    Projection,
    conv_norm,
    needs_bias,
    one_hot,
    spectral,
)
from ganzoo.sizes import doubling_widths, ladder
from ganzoo_dcgan import DCGANOptions, Init


class Generator(nn.Module):
    """Latents to images.

    z: (N, z_dim); c: (N,) class ids, only if conditional. Returns (N, channels, height, width) in [-1, 1].
    """

    def __init__(self, config: NetworkConfig[DCGANOptions]) -> None:
        super().__init__()
        options, self.num_classes = config.options, config.num_classes
        norm, init = options.norm_g, options.init
        height, width, levels = ladder(config.image_shape, "dcgan")
        widths = doubling_widths(options.width_g, levels, options.max_width)[::-1]
        self.steered = bool(config.num_classes) and options.conditioning == "cbn"
        beside, code_dim = (0, config.num_classes) if self.steered else (config.num_classes, 0)
        self.told = ClassBesideLatent(config.z_dim, beside, options.embedding_dim)
        inputs = self.told.width
        # "Project and reshape" as a transposed convolution of a 1x1 map: batch norm can be folded into it at export.
        project = nn.ConvTranspose2d(inputs, widths[0], (height, width), 1, 0, bias=needs_bias(norm))
        layers: list[nn.Module] = [
            _layer(norm, project, _std(init, inputs)),
            _norm(norm, widths[0], code_dim),
            nn.ReLU(),
        ]
        for wide, narrow in pairwise(widths):
            layers += [_up(norm, init, wide, narrow), _norm(norm, narrow, code_dim), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.to_image = _up(norm, init, widths[-1], config.image_shape.channels, bias=True)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x = self.told(z, c)[:, :, None, None]
        if self.steered:
            code = one_hot(c, self.num_classes, z.dtype)
            for layer in self.layers:
                x = layer(x, code) if isinstance(layer, ConditionalBatchNorm2d) else layer(x)
        else:
            x = self.layers(x)
        return torch.tanh(self.to_image(x))


class Discriminator(nn.Module):
    """Images to logits.

    images: (N, channels, height, width) in [-1, 1]; c: (N,) class ids, only if conditional.
    Returns logits (N,) and features (N, F), the last feature map summed over its places.
    """

    def __init__(self, config: NetworkConfig[DCGANOptions]) -> None:
        super().__init__()
        options = config.options
        norm, init = options.norm_d, options.init
        height, width, levels = ladder(config.image_shape, "dcgan")
        widths = doubling_widths(options.width_d, levels, options.max_width)
        # No norm on the first layer, as in the paper: it would take the images' own mean and contrast away.
        layers: list[nn.Module] = [
            _down(norm, init, config.image_shape.channels, widths[0], bias=True),
            *_after(options),
        ]
        for narrow, wide in pairwise(widths):
            layers += [_down(norm, init, narrow, wide), _norm(norm, wide), *_after(options)]
        self.layers = nn.Sequential(*layers)
        places = widths[-1] * height * width
        self.to_logit = _layer(norm, nn.Linear(places, 1), _std(init, places))
        classes = config.num_classes
        self.projection = Projection(classes, widths[-1], norm=norm, init="normal") if classes else None

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        x = self.layers(images)
        features = x.sum(dim=(2, 3))
        logits = self.to_logit(x.flatten(1)).squeeze(1)
        if self.projection is not None:
            logits = logits + self.projection(features, c)
        return DOutput(logits=logits, features=features)


def _std(init: Init, fan_in: int) -> float:
    """Of weights whose sums have ``fan_in`` summands: 0.02 (section 4 of the paper), or He's (arXiv:1502.01852)."""
    return 0.02 if init == "normal" else math.sqrt(2 / fan_in)


def _layer(norm: Norm, layer: nn.Conv2d | nn.ConvTranspose2d | nn.Linear, std: float) -> nn.Module:
    """``layer`` with weights from N(0, std^2), biases 0, then spectrally normalised if that is asked for."""
    nn.init.normal_(layer.weight, 0.0, std)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return spectral(norm, layer)


def _norm(norm: Norm, channels: int, code_dim: int = 0) -> nn.Module:
    """The norm by name; where there is a code, batch norm that it steers."""
    if code_dim:
        return ConditionalBatchNorm2d(channels, code_dim)
    layer = conv_norm(norm, channels)
    if isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)  # as the authors' code does
    return layer


def _up(norm: Norm, init: Init, inputs: int, outputs: int, *, bias: bool = False) -> nn.Module:
    """Twice the size; a place of the result has 2x2 of the 4x4 kernel."""
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias or needs_bias(norm))
    return _layer(norm, layer, _std(init, 4 * inputs))


def _down(norm: Norm, init: Init, inputs: int, outputs: int, *, bias: bool = False) -> nn.Module:
    """Half the size."""
    layer = nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bias or needs_bias(norm))
    return _layer(norm, layer, _std(init, 16 * inputs))


def _after(options: DCGANOptions) -> list[nn.Module]:
    """What follows each of the discriminator's layers."""
    dropout = [nn.Dropout(options.dropout_d)] if options.dropout_d else []
    return [nn.LeakyReLU(0.2), *dropout]
