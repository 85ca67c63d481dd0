"""SNDCGAN (Miyato et al. 2018, arXiv:1802.05957, table 3), one definition for every size that halving brings to 4 ... 7 places.

Table 3 has three halvings, from 512 channels to 64: here there are as many as the image takes. Departs: the layer after z has
batch norm and ReLU, which the table does not mention and the first author's code has, by channel; layers below batch norm have
no bias. A class enters the generator by its norms and the discriminator by projection (Miyato & Koyama 2018, arXiv:1802.05637).
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import (
    ClassBesideLatent,
    ConditionalBatchNorm2d,
    DOutput,
    Projection,
    conv_norm,
    initialise,
    needs_bias,
    one_hot,
    spectral,
)
from ganzoo.sizes import doubling_widths, longest_ladder
from ganzoo_sndcgan import SNDCGANOptions

SLOPE = 0.1  # of all leaky rectifiers: table 3's caption


class Generator(nn.Module):
    """Latents to images.

    z: (N, z_dim), standard normal; c: (N,) class ids, only if conditional. Returns (N, channels, height, width) in [-1, 1].
    Raises ConfigError for a size that the family cannot do.
    """

    def __init__(self, config: NetworkConfig[SNDCGANOptions]) -> None:
        super().__init__()
        options, norm, self.num_classes = config.options, config.options.norm_g, config.num_classes
        height, width, doublings = longest_ladder(config.image_shape, "sndcgan")
        channels = doubling_widths(options.width_g, doublings + 1, options.max_width)[::-1]
        self.steered = bool(self.num_classes) and options.conditioning == "cbn"
        beside = 0 if self.steered else self.num_classes
        self.told = ClassBesideLatent(config.z_dim, beside, options.embedding_dim)
        bias = needs_bias(norm)
        # The dense layer as a transposed convolution of a 1x1 map: batch norm can be folded into it at export.
        layers = [nn.ConvTranspose2d(self.told.width, channels[0], (height, width), bias=bias)]
        layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=bias) for wide, narrow in pairwise(channels)]
        self.layers = nn.ModuleList(spectral(norm, layer) for layer in layers)
        self.norms = nn.ModuleList(
            ConditionalBatchNorm2d(n, self.num_classes) if self.steered else conv_norm(norm, n) for n in channels
        )
        self.relu = nn.ReLU()
        self.to_image = spectral(norm, nn.Conv2d(channels[-1], config.image_shape.channels, 3, padding=1))
        initialise(self, "normal")

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        code = (one_hot(c, self.num_classes, z.dtype),) if self.steered else ()
        x = self.told(z, c)[:, :, None, None]
        for layer, norm in zip(self.layers, self.norms, strict=True):
            x = self.relu(norm(layer(x), *code))
        return torch.tanh(self.to_image(x))


class Discriminator(nn.Module):
    """Images to logits.

    images: (N, channels, height, width) in [-1, 1]; c: (N,) class ids, only if conditional.
    Returns logits (N,), of the last feature map place by place, and features (N, F), that map summed over its places, onto
    which classes are projected. Raises ConfigError for a size that the family cannot do.
    """

    def __init__(self, config: NetworkConfig[SNDCGANOptions]) -> None:
        super().__init__()
        options, norm, inputs = config.options, config.options.norm_d, config.image_shape.channels
        height, width, doublings = longest_ladder(config.image_shape, "sndcgan")
        channels = doubling_widths(options.width_d, doublings + 1, options.max_width)
        layers: list[nn.Module] = []
        for level, n in enumerate(channels):
            # No norm on the first layer: it would take the images' own mean and contrast away.
            first = level == 0
            same = nn.Conv2d(inputs, n, 3, padding=1, bias=first or needs_bias(norm))
            layers += [spectral(norm, same), nn.Identity() if first else conv_norm(norm, n), nn.LeakyReLU(SLOPE)]
            if level < doublings:
                half = nn.Conv2d(n, n, 4, 2, 1, bias=needs_bias(norm))
                layers += [spectral(norm, half), conv_norm(norm, n), nn.LeakyReLU(SLOPE)]
            inputs = n
        self.layers = nn.Sequential(*layers)
        self.to_logit = spectral(norm, nn.Linear(inputs * height * width, 1))
        self.projection = Projection(config.num_classes, inputs, norm=norm) if config.num_classes else None
        initialise(self, "normal")

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        x = self.layers(images)
        features = x.sum(dim=(2, 3))
        logits = self.to_logit(x.flatten(1)).squeeze(1)
        if self.projection is not None:
            logits = logits + self.projection(features, c)
        return DOutput(logits=logits, features=features)
