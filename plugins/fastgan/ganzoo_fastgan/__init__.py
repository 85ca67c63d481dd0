"""FastGAN for ganzoo (Liu, Zhu, Song & Elgammal 2021, arXiv:2101.04775): good pictures of small data sets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field, FiniteFloat

from ganzoo import Architecture, NetworkConfig, Options, Recipe, Regularizer, TechniqueContext, hookimpl
from ganzoo.sizes import ladder
from ganzoo_fastgan.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn

    from ganzoo.techniques import Technique


class FastGANOptions(Options):
    """Widths are those of the authors' code, ``ngf`` and ``ndf``: where a map has 128 places along its shorter side in the
    generator, and twice that of the discriminator's maps there."""

    width_g: int = Field(64, ge=1, description="channels of the generator's maps of 128 pixels")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's maps of 64 pixels")
    norm_d: Literal["batch", "layer", "none"] = Field("batch", description="normalisation in the discriminator")
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")


class ReconstructionOptions(Options):
    """Decoders are narrow: they are to make the discriminator keep what an image shows, not to draw well."""

    weight: FiniteFloat = Field(1.0, gt=0, description="of the distance to the images, beside the game's loss")
    interval: int = Field(1, ge=1, description="updates from one penalty to the next")
    width: int = Field(32, ge=1, description="channels of the decoders' maps of 128 pixels")


class RandomMarginOptions(Options):
    """The authors' code draws margins from 0.8 to 1."""

    spread: float = Field(0.2, gt=0, le=1, description="margins lie between 1 less this and 1")


def build_generator(config: NetworkConfig[FastGANOptions]) -> nn.Module:
    from ganzoo_fastgan.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[FastGANOptions]) -> nn.Module:
    from ganzoo_fastgan.networks import Discriminator

    return Discriminator(config)


def check(config: NetworkConfig[FastGANOptions]) -> None:
    """Raise ConfigError for a size that cannot be halved down to 4 pixels."""
    ladder(config.image_shape, "fastgan")


def build_reconstruction(context: TechniqueContext[ReconstructionOptions]) -> Technique:
    from ganzoo_fastgan.reconstruction import Reconstruction

    return Reconstruction(context)


def build_random_margin(context: TechniqueContext[RandomMarginOptions]) -> Technique:
    from ganzoo_fastgan.margin import RandomMargin

    return RandomMargin(context.options.spread)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="fastgan",
            generator=build_generator,
            discriminator=build_discriminator,
            check=check,
            options=FastGANOptions,
            conditional=True,
            defaults={"z_dim": 256},
            paper="arXiv:2101.04775",
            summary="Skip-layer excitation and gated convolutions, for small data, at every power-of-two resolution from 8.",
        )
    )


@hookimpl
def register_regularizers(register: Callable[[Regularizer], None]) -> None:
    register(
        Regularizer(
            name="reconstruction",
            build=build_reconstruction,
            options=ReconstructionOptions,
            paper="arXiv:2101.04775",
            summary="Small decoders draw real images anew from the maps of FastGAN's discriminator.",
        )
    )
    register(
        Regularizer(
            name="random-margin",
            build=build_random_margin,
            options=RandomMarginOptions,
            paper="arXiv:2101.04775",
            summary="Draws the margin of the hinge loss anew for every logit.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
