"""SAGAN for ganzoo (Zhang et al. 2019, arXiv:1805.08318)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.layers import LEAST_FOR_ATTENTION, Weights, attended_side, check_attention
from ganzoo.sizes import doubling_widths, ladder
from ganzoo_sagan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn


class SAGANOptions(Options):
    """Widths are channels next to the image; they double with each halving of the resolution, up to ``max_width``."""

    width_g: int = Field(64, ge=1, description="channels of the generator's last block")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's first block")
    max_width: int = Field(1024, ge=1, description="most channels anywhere")
    weights_g: Weights = Field("spectral", description="what the generator's weights are under, beside batch norm")
    weights_d: Weights = Field("spectral", description="what the discriminator's weights are under")
    attention_at: int = Field(
        32,
        ge=0,
        description="attention in both players, at the largest maps below the image's size of at most so many pixels; 0: none",
    )


def build_generator(config: NetworkConfig[SAGANOptions]) -> "nn.Module":
    from ganzoo_sagan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[SAGANOptions]) -> "nn.Module":
    from ganzoo_sagan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[SAGANOptions]) -> None:
    """Raise ConfigError for an image that does not come down to 4 places by halving, and for attention that finds no place."""
    level = attention_level(config)
    if level is None:
        return
    options, side = config.options, min(config.image_shape[1:]) >> level
    for player, width, channels in zip(
        "gd", (options.width_g, options.width_d), channels_at(config, level), strict=True
    ):
        narrowest = -(-LEAST_FOR_ATTENTION * width // channels)
        wide = options.max_width >= LEAST_FOR_ATTENTION
        check_attention("sagan", side, channels, f"arch.width_{player}={narrowest}" if wide else "arch.max_width=8")


def attention_level(config: NetworkConfig[SAGANOptions]) -> int | None:
    """How often the image is halved where attention stands; None: nowhere. Raises ConfigError if it finds no place."""
    short, levels = min(config.image_shape[1:]), range(1, ladder(config.image_shape, "sagan").doublings + 1)
    side = attended_side("sagan", config.options.attention_at, [short >> level for level in levels])
    return next((level for level in levels if short >> level == side), None)


def channels_at(config: NetworkConfig[SAGANOptions], level: int) -> tuple[int, int]:
    """Channels of the generator's and of the discriminator's map where the image is halved so often."""
    options, levels = config.options, ladder(config.image_shape, "sagan").doublings
    of_g, of_d = (doubling_widths(width, levels, options.max_width) for width in (options.width_g, options.width_d))
    return of_g[min(level, levels - 1)], of_d[level - 1]


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
