"""TransGAN (Jiang, Chang & Wang 2021, arXiv:2102.07074), one definition for every resolution.

Widths, depths and initial weights are those of the authors' code for CIFAR-10. Departs: images end in a tanh; no noise is added
to the discriminator's tokens; with three scales all blocks of the first attend within grid cells. A class enters the generator
by an embedding beside z and the discriminator by projection (Miyato & Koyama 2018, arXiv:1802.05637).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ganzoo import NetworkConfig
from ganzoo.nn import ClassBesideLatent, DOutput, ProjectionHead
from ganzoo_transgan import TransGANOptions, rungs
from ganzoo_transgan.blocks import DEVIATION, Block, Stage, as_map, as_tokens, drawn, token_norm


class Generator(nn.Module):
    """z (N, z_dim), c (N,) class ids if conditional -> images (N, C, H, W) in [-1, 1].

    A linear layer makes tokens of the smallest map. Before each further stage the map gets twice the sides: by pixel shuffle of
    tokens four times as wide, or, where they already have their ``max_width``, by bicubic interpolation (section 3.1).
    """

    def __init__(self, config: NetworkConfig[TransGANOptions]) -> None:
        super().__init__()
        options = config.options
        height, width, doublings = rungs(config)
        self.widths, self.base = options.widths(doublings), (height, width)
        self.told = ClassBesideLatent(config.z_dim, config.num_classes, options.embedding_dim)
        self.first = nn.Linear(self.told.width, height * width * self.widths[0])
        self.stages = nn.ModuleList()
        for level, channels in enumerate(self.widths):
            depth = options.depth_g[min(level, len(options.depth_g) - 1)]
            self.stages.append(Stage(height << level, width << level, channels, depth, options.norm_g, options))
        self.to_image = nn.Conv2d(self.widths[-1], config.image_shape.channels, 1)
        nn.init.xavier_uniform_(self.to_image.weight)

    def forward(self, z: Tensor, c: Tensor | None = None) -> Tensor:
        x = self.first(self.told(z, c)).unflatten(1, (-1, self.widths[0]))
        height, width = self.base
        for level, stage in enumerate(self.stages):
            if level:
                x = as_tokens(_larger(as_map(x, height, width), self.widths[level]))
                height, width = 2 * height, 2 * width
            x = stage(x)
        return torch.tanh(self.to_image(as_map(x, height, width)))


def _larger(x: Tensor, channels: int) -> Tensor:
    """(N, C, H, W) -> (N, channels, 2H, 2W), channels being C / 4 or C."""
    if channels == x.shape[1]:
        return F.interpolate(x, scale_factor=2, mode="bicubic")
    return F.pixel_shuffle(x, 2)


class Discriminator(nn.Module):
    """images (N, C, H, W), c (N,) class ids if conditional -> logits (N,), features (N, width_d), what became of the class token.

    Each scale sees the tokens of the scale before it, averaged over 2x2, beside those of patches of twice the side; three
    quarters of the width are of the smallest patches, the others share the rest. After the last scale a class token joins, and
    one more block without places ("multi-scale discriminator", section 3.1).
    """

    def __init__(self, config: NetworkConfig[TransGANOptions]) -> None:
        super().__init__()
        options, (channels, height, width) = config.options, config.image_shape
        self.patches, self.stages = nn.ModuleList(), nn.ModuleList()
        self.maps = []
        wide = 0
        for scale, share in enumerate(_shares(options.width_d, options.scales)):
            side = options.patch << scale
            self.patches.append(nn.Conv2d(channels, share, side, stride=side))
            self.maps.append((height // side, width // side))
            wide += share
            stage = Stage(*self.maps[-1], wide, options.depth_d, options.norm_d, options)
            self.stages.append(stage)
        self.class_token = drawn(1, 1, wide)
        self.last = nn.Sequential(Block(wide, options.heads, options.norm_d), token_norm(options.norm_d, wide))
        self.head = ProjectionHead(wide, config.num_classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.xavier_uniform_(module.weight)
            elif isinstance(module, nn.Linear | nn.Embedding):
                nn.init.trunc_normal_(module.weight, std=DEVIATION)
                if isinstance(module, nn.Linear) and module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, images: Tensor, c: Tensor | None = None) -> DOutput:
        x = self.stages[0](as_tokens(self.patches[0](images)))
        for scale in range(1, len(self.stages)):
            pooled = as_tokens(F.avg_pool2d(as_map(x, *self.maps[scale - 1]), 2))
            x = self.stages[scale](torch.cat([pooled, as_tokens(self.patches[scale](images))], dim=2))
        tokens = torch.cat([self.class_token.expand(len(images), -1, -1), x], dim=1)
        judged: DOutput = self.head(self.last(tokens)[:, 0], c)
        return judged


def _shares(width: int, scales: int) -> list[int]:
    """How many of a discriminator's channels each scale adds."""
    first = 3 * width // 4
    rest = [(width - first) // (scales - 1)] * (scales - 1)
    return [width - sum(rest), *rest]
