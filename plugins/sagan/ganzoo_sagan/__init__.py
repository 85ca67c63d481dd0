"""SAGAN for ganzoo (Zhang et al. 2019, arXiv:1805.08318)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.layers import Weights
from ganzoo.sizes import ladder
from ganzoo_sagan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn


class SAGANOptions(Options):
    """Widths are channels next to the image; they double with each halving of the resolution, up to ``max_width``."""

    width_g: int = Field(64, ge=1, description="channels of the generator's last block")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's first block")
    max_width: int = Field(1024, ge=1, description="most channels anywhere")
    norm_g: Weights = Field("spectral", description="what the generator's weights are under, beside batch norm")
    norm_d: Weights = Field("spectral", description="what the discriminator's weights are under")
    attention_at: int = Field(
        32,
        ge=0,
        description="attention in both players, at the largest map below the image's size of at most so many pixels; 0: none",
    )


def build_generator(config: NetworkConfig[SAGANOptions]) -> "nn.Module":
    from ganzoo_sagan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[SAGANOptions]) -> "nn.Module":
    from ganzoo_sagan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[SAGANOptions]) -> None:
    """Raise ConfigError for an image that does not come down to 4 places by halving."""
    ladder(config.image_shape, "sagan")


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="sagan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=SAGANOptions,
            conditional=True,
            paper="arXiv:1805.08318",
            summary="Residual networks that attend to all places at once, under spectral normalisation; sizes from 8.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
