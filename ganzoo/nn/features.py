"""What a discriminator's features are, for what is laid upon them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, parametrize

from ganzoo.errors import ConfigError
from ganzoo.layers import Norm
from ganzoo.nn.output import as_output
from ganzoo.specs import ImageShape

SeenT = TypeVar("SeenT")


@torch.no_grad()
def look_at_zeros(discriminator: nn.Module, image_shape: ImageShape, look: Callable[[Tensor], SeenT]) -> SeenT:
    """What ``look`` makes, with the discriminator, of two images of zeros: for the shapes of it. Moves nothing in it."""
    training = discriminator.training
    discriminator.eval()  # neither batch norm nor spectral norm is to learn from this
    seen = look(next(discriminator.parameters()).new_zeros(2, *image_shape))
    discriminator.train(training)
    return seen


def width_of_features(discriminator: nn.Module, image_shape: ImageShape, num_classes: int, technique: str) -> int:
    """How many features an image has. Raises ConfigError, in the name of ``technique``, for a discriminator that returns none."""

    def look(images: Tensor) -> Tensor | None:
        c = torch.zeros(len(images), dtype=torch.int64, device=images.device) if num_classes else None
        return as_output(discriminator(images, c)).features

    features = look_at_zeros(discriminator, image_shape, look)
    if features is None:
        raise ConfigError(
            f"{technique!r} works on the features of a discriminator, and this one returns logits alone.\n"
            "Expected an architecture whose discriminator returns ganzoo.nn.DOutput(logits, features)."
        )
    return features.shape[1]


def norm_of_weights(discriminator: nn.Module) -> Norm:
    """``spectral`` if weights of it are under spectral norm, as those of what is laid upon it should then be; else ``none``."""
    spectral = parametrizations._SpectralNorm  # torch gives it no public name
    for module in discriminator.modules():
        if parametrize.is_parametrized(module, "weight"):
            parts: Iterable[nn.Module] = module.parametrizations.weight  # type: ignore[union-attr,assignment]
            if any(isinstance(part, spectral) for part in parts):
                return "spectral"
    return "none"
