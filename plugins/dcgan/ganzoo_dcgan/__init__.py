"""DCGAN for ganzoo (Radford, Metz & Chintala 2015, arXiv:1511.06434)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from ganzoo import Architecture, ConfigError, NetworkConfig, Options, Recipe, hookimpl

if TYPE_CHECKING:
    from torch import nn

QUICK_ADAM = {"lr": 1e-3, "betas": (0.0, 0.99)}

Norm = Literal["batch", "instance", "layer", "spectral", "none"]


class DCGANOptions(Options):
    """Widths are channels next to the image; they double with each halving of the resolution, up to ``max_width``."""

    width_g: int = Field(64, ge=1, description="channels of the generator's last hidden layer")
    width_d: int = Field(64, ge=1, description="channels of the discriminator's first layer")
    max_width: int = Field(1024, ge=1, description="most channels anywhere")
    norm_g: Norm = Field("batch", description="normalisation in the generator")
    norm_d: Norm = Field("batch", description="normalisation in the discriminator")
    embedding_dim: int = Field(32, ge=1, description="size of the class embedding beside z")


def build(config: NetworkConfig[DCGANOptions]) -> "tuple[nn.Module, nn.Module]":
    from ganzoo_dcgan.networks import build_pair  # torch loads here, not at --help

    return build_pair(config)


def check(config: NetworkConfig[DCGANOptions]) -> None:
    """Raise ConfigError unless the image is a square whose side is a power of two of at least 8."""
    _, height, width = config.image_shape
    if height == width and height >= 8 and height.bit_count() == 1:
        return
    below = 1 << (max(height, 8).bit_length() - 1)
    nearest = min((below, below * 2), key=lambda side: abs(side - height))
    raise ConfigError(
        f"dcgan cannot make images of {height}x{width}: expected a square, its side a power of two of at least 8.\n"
        f"The nearest is '--resolution {nearest}'."
    )


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="dcgan",
            build=build,
            check=check,
            options=DCGANOptions,
            conditional=True,
            paper="arXiv:1511.06434",
            summary="Strided convolutions, at every power-of-two resolution from 8.",
        )
    )


@hookimpl
def register_recipes(register: Callable[[Recipe], None]) -> None:
    # The paper's five critic steps and learning rate 1e-4 are for days on a GPU. With one step, ten times the rate and
    # Adam's second moments averaged over a longer time, digits are good after minutes on a CPU. The paper's own settings
    # come with the loss: '--set n_critic=5 ...', or any other architecture with wgangp.
    players = {f"optimizer_{player}.{key}": value for player in "gd" for key, value in QUICK_ADAM.items()}
    register(
        Recipe(
            name="dcgan-wgangp",
            architecture="dcgan",
            loss="wgangp",
            settings={"arch.width_g": 32, "arch.width_d": 32, "n_critic": 1, "kimg": 300, **players},
            paper="arXiv:1704.00028",
            summary="DCGAN with a gradient penalty, made quick: digits in minutes on a CPU.",
        )
    )
    # The best of what was tried for the first minutes on two cores (MNIST, one run each): one update each of small batches,
    # R1 (arXiv:1801.04406) at every fourth in place of the discriminator's norm, and the number format that is quickest.
    # A class embedding of half the latents' size drowned them: each class collapsed to a few images (FID 39 for 1.3).
    register(
        Recipe(
            name="quick",
            architecture="dcgan",
            loss="ns",
            settings={
                "arch.width_g": 32,
                "arch.width_d": 32,
                "arch.norm_d": "none",
                "arch.embedding_dim": 8,
                "regularizers.r1.gamma": 1.0,
                "regularizers.r1.interval": 4,
                "z_dim": 64,
                "batch_size": 32,
                "precision": "auto",
                "kimg": 400,
                **players,
            },
            paper="arXiv:1801.04406",
            summary="Good pictures after a few minutes on a CPU.",
        )
    )
