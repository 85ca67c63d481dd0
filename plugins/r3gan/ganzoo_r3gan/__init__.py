"""R3GAN for ganzoo (Huang, Gokaslan, Kuleshov & Tompkin 2024, arXiv:2501.05441)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.sizes import doubling_widths, ladder
from ganzoo_r3gan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn


class R3GANOptions(Options):
    """Widths are channels at the image's own resolution; they double with each halving of it, up to ``max_width``.

    The defaults are the paper's at 256 pixels (table 9). Both players have the same stages.
    """

    width: int = Field(96, ge=1, description="channels at the image's resolution")
    max_width: int = Field(768, ge=1, description="most channels between residual blocks")
    blocks: int = Field(2, ge=1, le=32, description="residual blocks at each resolution")
    expansion: int = Field(2, ge=1, description="channels within a block for each outside")
    group_width: int = Field(16, ge=1, description="fewest channels of a group of the 3x3 convolutions within a block")
    embedding_dim: int = Field(64, ge=1, description="size of the class embedding beside z")

    def widths(self, doublings: int) -> list[int]:
        """Channels at each resolution, from the smallest map to the image."""
        return doubling_widths(self.width, doublings + 1, self.max_width)[::-1]

    def groups(self, width: int) -> int:
        """Groups of the 3x3 convolutions where there are ``width`` channels outside, the paper's cardinality: as many as go."""
        within = self.expansion * width
        return next(n for n in range(max(within // self.group_width, 1), 0, -1) if within % n == 0)


def build_generator(config: NetworkConfig[R3GANOptions]) -> nn.Module:
    from ganzoo_r3gan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[R3GANOptions]) -> nn.Module:
    from ganzoo_r3gan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[R3GANOptions]) -> None:
    """Raise ConfigError for a size that cannot be halved down to 4 pixels."""
    ladder(config.image_shape, "r3gan")


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="r3gan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=R3GANOptions,
            conditional=True,
            defaults={"z_dim": 64},
            paper="arXiv:2501.05441",
            summary="Inverted bottlenecks with grouped convolutions and no norm, at every power-of-two resolution from 8.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
