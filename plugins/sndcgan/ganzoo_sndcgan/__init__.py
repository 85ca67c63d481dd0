"""SNDCGAN for ganzoo: the standard CNN of spectral normalisation (Miyato et al. 2018, arXiv:1802.05957, table 3)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.layers import Norm, check_conditioning
from ganzoo.sizes import longest_ladder
from ganzoo_sndcgan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn


class SNDCGANOptions(Options):
    """Widths are channels at the image's own size; they double with each halving of it, up to ``max_width``: as in table 3."""

    width_g: int = Field(64, ge=1, description="channels of the generator's last hidden layer")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's first layer")
    max_width: int = Field(512, ge=1, description="most channels anywhere")
    norm_g: Norm = Field("batch", description="normalisation in the generator")
    norm_d: Norm = Field("spectral", description="normalisation in the discriminator")
    conditioning: Literal["cbn", "concat"] = Field(
        "cbn",
        description="how a class enters the generator: by its norms, of which norm_g must be batch, or by an embedding beside z",
    )
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")


def build_generator(config: NetworkConfig[SNDCGANOptions]) -> "nn.Module":
    from ganzoo_sndcgan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[SNDCGANOptions]) -> "nn.Module":
    from ganzoo_sndcgan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[SNDCGANOptions]) -> None:
    """Raise ConfigError for an image that does not come down to 4 ... 7 places by halving, and for norms that know no classes."""
    longest_ladder(config.image_shape, "sndcgan")
    check_conditioning(config.options.conditioning, config.options.norm_g, config.num_classes)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="sndcgan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=SNDCGANOptions,
            conditional=True,
            paper="arXiv:1802.05957",
            summary="Convolutions with and without strides by turns, under spectral normalisation; sizes from 8 of any format.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
