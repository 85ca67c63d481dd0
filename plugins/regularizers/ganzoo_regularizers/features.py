"""What a discriminator's features are, for what works on them."""

import torch
from torch import nn

from ganzoo import ConfigError, ImageShape
from ganzoo.nn import as_output


def width_of_features(discriminator: nn.Module, image_shape: ImageShape, num_classes: int, technique: str) -> int:
    """How many features an image has. Raises ConfigError for a discriminator that returns none."""
    weight = next(discriminator.parameters())
    training = discriminator.training
    discriminator.eval()
    with torch.no_grad():
        c = torch.zeros(2, dtype=torch.int64, device=weight.device) if num_classes else None
        features = as_output(discriminator(weight.new_zeros(2, *image_shape), c)).features
    discriminator.train(training)
    if features is None:
        raise ConfigError(
            f"{technique!r} works on the features of a discriminator, and this one returns logits alone.\n"
            "Expected an architecture whose discriminator returns ganzoo.nn.DOutput(logits, features)."
        )
    return features.shape[1]
