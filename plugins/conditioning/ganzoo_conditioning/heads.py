"""What is laid upon a discriminator's features, and what it is shown of a step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn

from ganzoo import TechniqueContext
from ganzoo.nn import norm_of_weights, spectral, width_of_features
from ganzoo.techniques import Step


def linear_head(context: TechniqueContext[Any], outputs: int, name: str) -> nn.Module:
    """features (N, F) -> (N, outputs), under spectral norm where the discriminator is.

    Raises ConfigError, in the name of ``name``, for a discriminator that returns no features.
    """
    features = width_of_features(context.discriminator, context.image_shape, context.num_classes, name)
    return spectral(norm_of_weights(context.discriminator), nn.Linear(features, outputs))


@contextmanager
def fixed(head: nn.Module) -> Iterator[None]:
    """A context in which ``head`` is a fixed function, as the discriminator is in the generator's step.

    Gradients pass through it and its parameters collect none. (They would be thrown away before the discriminator's next step;
    here they are not even computed.)
    """
    trained = [parameter for parameter in head.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)


def real_of(step: Step) -> tuple[Tensor, Tensor]:
    """Features (N, F) and classes (N,) of the real images, in the discriminator's step."""
    assert step.real_output is not None and step.real_output.features is not None  # noqa: PT018  # looked up when this was built
    return step.real_output.features, classes_of(step)


def fake_of(step: Step) -> tuple[Tensor, Tensor]:
    """Features (N, F) and classes (N,) of the generated images."""
    assert step.fake_output.features is not None  # looked up when this was built
    return step.fake_output.features, classes_of(step)


def classes_of(step: Step) -> Tensor:
    """Classes (N,) of the real and of the generated images alike."""
    assert step.labels is not None  # an unconditional game has no such technique
    return step.labels
