"""DCGAN for ganzoo (Radford, Metz & Chintala 2015, arXiv:1511.06434), and the methods first shown on it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo.layers import Norm, check_conditioning
from ganzoo.sizes import ladder
from ganzoo_dcgan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn

Init = Literal["normal", "he"]


class DCGANOptions(Options):
    """Widths are channels next to the image; they double with each halving of the resolution, up to ``max_width``."""

    width_g: int = Field(64, ge=1, description="channels of the generator's last hidden layer")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's first layer")
    max_width: int = Field(1024, ge=1, description="most channels anywhere")
    norm_g: Norm = Field("batch", description="normalisation in the generator")
    norm_d: Norm = Field("batch", description="normalisation in the discriminator")
    conditioning: Literal["concat", "cbn"] = Field(
        "concat", description="how a class enters the generator: by an embedding beside z, or by batch norm of its own"
    )
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")
    dropout_d: float = Field(0.0, ge=0, lt=1, description="share of the discriminator's activations dropped")
    init: Init = Field(
        "normal", description="initial weights: normal, of deviation 0.02, or He's for layers without norms"
    )


def build_generator(config: NetworkConfig[DCGANOptions]) -> "nn.Module":
    from ganzoo_dcgan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[DCGANOptions]) -> "nn.Module":
    from ganzoo_dcgan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[DCGANOptions]) -> None:
    """Raise ConfigError for an image that does not come down to 4 places by halving, and for norms that know no classes."""
    ladder(config.image_shape, "dcgan")
    check_conditioning(config.options.conditioning, config.options.norm_g, config.num_classes)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="dcgan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=DCGANOptions,
            conditional=True,
            paper="arXiv:1511.06434",
            summary="Strided convolutions, at every power-of-two resolution from 8, of any format.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
