"""The first GANs for ganzoo: multilayer perceptrons, and the maxout networks of the 2014 paper."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ganzoo import Architecture, NetworkConfig, Options, Recipe, hookimpl
from ganzoo_classic.recipes import RECIPES

if TYPE_CHECKING:
    from torch import nn

Widths = Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]


class MLPOptions(Options):
    """Units of each hidden layer, from the input on."""

    hidden_g: Widths = Field((256, 512, 1024), description="units of the generator's hidden layers")
    hidden_d: Widths = Field((512, 256), description="units of the discriminator's hidden layers")
    norm_g: Literal["batch", "layer", "none"] = Field("batch", description="normalisation in the generator")
    norm_d: Literal["layer", "spectral", "none"] = Field("none", description="normalisation in the discriminator")


class MaxoutOptions(Options):
    """The numbers of the 2014 paper's MNIST experiment."""

    hidden_g: Widths = Field((1200, 1200), description="units of the generator's hidden layers")
    hidden_d: Widths = Field((240, 240), description="maxout units of the discriminator's hidden layers")
    pieces: int = Field(5, ge=2, description="linear pieces of a maxout unit")
    dropout_input: float = Field(0.2, ge=0, lt=1, description="share of the discriminator's inputs dropped")
    dropout_hidden: float = Field(0.5, ge=0, lt=1, description="share of its hidden units dropped")


def build_mlp_generator(config: NetworkConfig[MLPOptions]) -> "nn.Module":
    from ganzoo_classic.mlp import Generator  # torch loads here, not at --help

    return Generator(config)


def build_mlp_discriminator(config: NetworkConfig[MLPOptions]) -> "nn.Module":
    from ganzoo_classic.mlp import Discriminator

    return Discriminator(config)


def build_maxout_generator(config: NetworkConfig[MaxoutOptions]) -> "nn.Module":
    from ganzoo_classic.maxout import Generator

    return Generator(config)


def build_maxout_discriminator(config: NetworkConfig[MaxoutOptions]) -> "nn.Module":
    from ganzoo_classic.maxout import Discriminator

    return Discriminator(config)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="mlp",
            generator=build_mlp_generator,
            discriminator=build_mlp_discriminator,
            options=MLPOptions,
            conditional=True,
            defaults={"z_dim": 100, "z_distribution": "normal"},
            paper="arXiv:1411.1784",
            summary="Fully connected networks, as most first implementations have them.",
        )
    )
    register(
        Architecture(
            name="maxout",
            generator=build_maxout_generator,
            discriminator=build_maxout_discriminator,
            options=MaxoutOptions,
            conditional=True,
            # Gaussian: the default of the authors' code, where their MNIST settings name none.
            defaults={"z_dim": 100, "z_distribution": "normal"},
            paper="arXiv:1406.2661",
            summary="The 2014 paper's MNIST networks: ReLU generator, maxout discriminator with dropout.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    for recipe in RECIPES:
        register(recipe)
