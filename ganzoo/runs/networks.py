"""The networks of a configuration, and the generator as it is shown, exported and measured: averaged and settled."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.utils import parametrize

from ganzoo.config import TrainConfig, options_of
from ganzoo.errors import BrokenPlugin, ConfigError
from ganzoo.registry import Registry
from ganzoo.specs import Architecture, DiscriminatorBuild, ImageShape, NetworkConfig
from ganzoo_serve.seeds import Distribution, classes_as_frequent, latents

SETTLING_BATCHES, SETTLING_SIZE = 16, 128
POWER_ITERATIONS = 16
SETTLING_SEED = 2**52  # far from the seeds that people ask for


def build_networks(
    config: TrainConfig, registry: Registry, image_shape: ImageShape, num_classes: int
) -> tuple[nn.Module, nn.Module]:
    """The generator and then the discriminator of a configuration, of one stream of random numbers.

    Raises ConfigError for a shape the family cannot do.
    """
    G = build_generator(config, registry, image_shape, num_classes)
    return G, build_discriminator(config, registry, image_shape, num_classes)


def build_generator(config: TrainConfig, registry: Registry, image_shape: ImageShape, num_classes: int) -> nn.Module:
    """The generator of a configuration. Raises ConfigError for a shape the family cannot do."""
    architecture = registry.architectures.get(config.architecture)
    return _player("generator", architecture, _request(config, registry, image_shape, num_classes), registry)


def build_discriminator(
    config: TrainConfig, registry: Registry, image_shape: ImageShape, num_classes: int
) -> nn.Module:
    """The discriminator of a configuration, wrapped as its regularizers ask.

    Raises ConfigError for a shape the family cannot do, and for regularizers that do not go with it.
    """
    architecture = registry.architectures.get(config.architecture)
    conditioning = conditioning_of(config, registry)

    def build_inner(shape: ImageShape) -> nn.Module:
        request = _request(config, registry, shape, 0 if conditioning else num_classes)
        found = _player("discriminator", architecture, request, registry)
        return Unconditional(found) if conditioning else found

    build: DiscriminatorBuild = build_inner
    # What tells it of classes is innermost: everything else is laid around a discriminator that takes them.
    for name in sorted(config.regularizers, key=lambda name: name != conditioning):
        regularizer = registry.regularizers.get(name)
        if regularizer.wrap:
            options = options_of(regularizer.options, config.regularizers[name], f"regularizers.{name}")
            build = regularizer.wrap(options, build, num_classes)
    return build(image_shape)


def conditioning_of(config: TrainConfig, registry: Registry) -> str | None:
    """The regularizer by which the discriminator learns of classes, if not by the architecture's own way.

    Raises ConfigError for more than one, and for one in a game without classes.
    """
    names = [name for name in config.regularizers if registry.regularizers.get(name).conditions]
    if not names:
        return None
    if len(names) > 1:
        raise ConfigError(
            f"Regularizers {', '.join(map(repr, names))} are ways to tell the discriminator of classes: expected one of them."
        )
    if not config.conditional:
        raise ConfigError(f"Regularizer {names[0]!r} is about classes: add '--conditional', or leave it out.")
    return names[0]


class Unconditional(nn.Module):
    """A discriminator of images alone, which may be given classes all the same."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, images: Tensor, c: Tensor | None = None) -> Any:
        return self.inner(images)


def _request(config: TrainConfig, registry: Registry, image_shape: ImageShape, num_classes: int) -> NetworkConfig[Any]:
    options = options_of(registry.architectures.get(config.architecture).options, config.arch, "arch")
    return NetworkConfig(image_shape=image_shape, z_dim=config.z_dim, num_classes=num_classes, options=options)


def _player(
    which: Literal["generator", "discriminator"],
    architecture: Architecture,
    request: NetworkConfig[Any],
    registry: Registry,
) -> nn.Module:
    if architecture.check:
        architecture.check(request)
    build = architecture.generator if which == "generator" else architecture.discriminator
    try:
        player: object = build(request)
    except ValueError as error:
        who = registry.architectures.describe(architecture.name)
        raise ConfigError(
            f"{who} cannot build its {which} of these options: {' '.join(str(error).split())[:300]}.\n"
            "See their ranges with 'ganzoo list architectures'; a plugin's 'check' can say it better."
        ) from error
    if not isinstance(player, nn.Module):
        who = registry.architectures.describe(architecture.name)
        raise BrokenPlugin(f"{who} built {player!r:.100} as its {which}; expected a torch module.")
    return player


@dataclass(frozen=True)
class Inputs:
    """What a generator is fed. ``class_counts`` are the images of each class in its data; empty if it is unconditional."""

    z_dim: int
    z_distribution: Distribution
    class_counts: tuple[int, ...]
    device: torch.device

    def of(self, seeds: Sequence[int]) -> tuple[Tensor, ...]:
        """Latents of ``seeds`` and, if there are classes, classes as frequent as in the data: (z,) or (z, classes)."""
        z = torch.from_numpy(latents(seeds, z_dim=self.z_dim, distribution=self.z_distribution)).to(self.device)
        if not self.class_counts:
            return (z,)
        return z, torch.from_numpy(classes_as_frequent(seeds, self.class_counts)).to(self.device)


@torch.no_grad()
def settled(G: nn.Module, inputs: Inputs) -> nn.Module:
    """A copy of ``G`` in evaluation mode whose batch norms and spectral norms are those of its own weights.

    The running statistics and singular vectors belong to the raw weights of the past; averaged weights need their own.
    The statistics are taken over 2,048 latents of fixed seeds ("standing statistics": Brock et al. 2019,
    arXiv:1809.11096), with classes as frequent as in training.
    """
    G = deepcopy(G).eval()
    for module in G.modules():
        if parametrize.is_parametrized(module, "weight"):
            module.parametrizations.weight.train()  # type: ignore[union-attr]  # as in training, a power iteration
            for _ in range(POWER_ITERATIONS):
                module.weight  # noqa: B018  # each reading is one
            module.parametrizations.weight.eval()  # type: ignore[union-attr]
    norms = [module for module in G.modules() if isinstance(module, _BatchNorm)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain average over the batches
        norm.train()
    for batch in range(SETTLING_BATCHES if norms else 0):
        first = SETTLING_SEED + batch * SETTLING_SIZE
        G(*inputs.of(range(first, first + SETTLING_SIZE)))
    return G.eval()


def as_pixels(images: Tensor) -> Tensor:
    """(N, C, H, W) in [-1, 1] -> uint8 (N, H, W, C): 127.5 x + 127.5, clamped to 0 ... 255, rounded half to even."""
    return (images * 127.5 + 127.5).clamp(0, 255).round().to(torch.uint8).permute(0, 2, 3, 1)
