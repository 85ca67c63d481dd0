"""StyleGAN2's generator (Karras et al. 2020, arXiv:1912.04958, sections 2 to 4), at every resolution of the ladder from 4.

Departs: a tanh at the end, where the paper leaves images unbounded and ours are in [-1, 1]. A clamp would stop the gradient of
all that lies beyond, which is most of the pixels at the beginning, as the images of all resolutions add up; one that let the
gradient pass would let them drift away, as nobody sees how far beyond they are.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import EqualisedConv2d, ModulatedConv2d, NoiseInjection, StyleBased, gather_samples, upsample2d
from ganzoo_stylegan2 import StyleGAN2Options
from ganzoo_stylegan2.blocks import GAIN, HALF, LEAK, Mapping, sizes_and_widths

W_AVG_DECAY = 0.995


class Styles(nn.Module):
    """z (N, z_dim), c (N,) class ids or None, truncation () in 0 ... 1 or None -> w (N, layers, w_dim).

    In training a ``mixing`` share of the images has the w of another latent from a random layer on, each image from its own, and
    ``w_avg`` follows the mean w (before any mixing, over all classes). Source: arXiv:1812.04948, section 3.1 and appendix B.
    Departs: the other latent is normal, whatever the game's are.
    """

    w_avg: Tensor

    def __init__(self, mapping: Mapping, *, layers: int, w_dim: int, mixing: float) -> None:
        super().__init__()
        self.mapping, self.layers, self.mixing = mapping, layers, mixing
        self.register_buffer("w_avg", torch.zeros(w_dim))

    def forward(self, z: Tensor, c: Tensor | None = None, truncation: Tensor | None = None) -> Tensor:
        w = self.mapping(z, c).float()
        styles = w[:, None].expand(-1, self.layers, -1)
        if self.training:
            self._remember(w)
            if self.mixing:
                styles = self._mixed(styles, self.mapping(torch.randn_like(z), c).float())
        return styles if truncation is None else torch.lerp(self.w_avg, styles, truncation)

    @torch.no_grad()
    def _remember(self, w: Tensor) -> None:
        self.w_avg.lerp_(gather_samples(w).mean(0), 1 - W_AVG_DECAY)

    def _mixed(self, styles: Tensor, other: Tensor) -> Tensor:
        """``styles`` (N, layers, w_dim), from a layer on ``other`` (N, w_dim)."""
        n, device = len(styles), styles.device
        layer = torch.arange(self.layers, device=device)
        crossover = torch.randint(1, self.layers, (n, 1), device=device)
        chosen = torch.rand(n, 1, device=device) < self.mixing
        return torch.where((chosen & (layer >= crossover))[:, :, None], other[:, None], styles)


class StyledConv2d(nn.Module):
    """x (N, inputs, H, W), w (N, w_dim) -> (N, outputs, H', W') of ``size``: convolution, noise, bias, rectifier."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        size: tuple[int, int],
        options: StyleGAN2Options,
        *,
        up: bool = False,
        gain: float = GAIN,
    ) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, outputs, 3, options.w_dim, up=up, gain=gain)
        self.noise = NoiseInjection(*size) if options.noise else nn.Identity()
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.rectifier = nn.LeakyReLU(LEAK)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        x = self.noise(self.conv(x, w))
        shown: Tensor = self.rectifier(x + self.bias.to(x.dtype)[:, None, None])
        return shown


class ToImage(nn.Module):
    """x (N, inputs, H, W), w (N, w_dim) -> (N, channels, H, W), unbounded, in float32 whatever the precision."""

    def __init__(self, inputs: int, channels: int, w_dim: int) -> None:
        super().__init__()
        self.conv = ModulatedConv2d(inputs, channels, 1, w_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        image: Tensor = self.conv(x, w) + self.bias[:, None, None]
        return image


class Up(nn.Module):
    """x (N, inputs, H, W), two styles -> (N, outputs, 2H, 2W)."""

    def __init__(self, inputs: int, outputs: int, size: tuple[int, int], options: StyleGAN2Options) -> None:
        super().__init__()
        residual = options.g_architecture == "resnet"
        self.conv0 = StyledConv2d(inputs, outputs, size, options, up=True)
        self.conv1 = StyledConv2d(outputs, outputs, size, options, gain=GAIN * HALF if residual else GAIN)
        # The convolution of 1x1 first: it commutes with the filter, and there is a quarter of the places.
        beside = (EqualisedConv2d(inputs, outputs, 1, bias=False, gain=HALF), upsample2d())
        self.beside = nn.Sequential(*beside) if residual else None

    def forward(self, x: Tensor, first: Tensor, second: Tensor) -> Tensor:
        h: Tensor = self.conv1(self.conv0(x, first), second)
        return h if self.beside is None else h + self.beside(x)


class Generator(StyleBased):
    """z (N, z_dim), c (N,) class ids only if conditional, truncation () or None -> images (N, channels, height, width).

    A style for each of the two convolutions of a resolution (one, of the smallest), and one for the last image: those of the
    images between share the style of the convolution after them.
    """

    def __init__(self, config: NetworkConfig[StyleGAN2Options]) -> None:
        super().__init__()
        options, channels = config.options, config.image_shape.channels
        sizes, widths = sizes_and_widths(config)
        mapping = Mapping(config.z_dim, config.num_classes, options.w_dim, options.mapping_depth)
        self.styles = Styles(mapping, layers=2 * len(sizes), w_dim=options.w_dim, mixing=options.mixing)
        self.constant = nn.Parameter(torch.randn(widths[0], *sizes[0]))
        self.first = StyledConv2d(widths[0], widths[0], sizes[0], options)
        self.blocks = nn.ModuleList(
            Up(wide, narrow, size, options) for (wide, narrow), size in zip(pairwise(widths), sizes[1:], strict=True)
        )
        seen = widths if options.g_architecture == "skip" else widths[-1:]
        self.to_image = nn.ModuleList(ToImage(width, channels, options.w_dim) for width in seen)
        self.upsample = upsample2d()

    def mapping(self, z: Tensor, c: Tensor | None = None, truncation: Tensor | None = None) -> Tensor:
        w: Tensor = self.styles(z, c, truncation)
        return w

    def synthesis(self, w: Tensor) -> Tensor:
        styles = w.unbind(1)
        x = self.first(self.constant[None], styles[0])
        maps = [x]
        for block, first, second in zip(self.blocks, styles[1::2], styles[2::2], strict=False):
            maps.append(block(maps[-1], first, second))
        # The last images: of all maps with skip connections, else of the last one.
        shown = maps[-len(self.to_image) :]
        parts = [
            to_image(x, style)
            for to_image, x, style in zip(self.to_image, shown, styles[1 - 2 * len(shown) :: 2], strict=True)
        ]
        image: Tensor = parts[0]
        for part in parts[1:]:
            image = self.upsample(image) + part
        return torch.tanh(image)
