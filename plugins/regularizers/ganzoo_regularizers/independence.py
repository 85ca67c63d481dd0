"""What a penalty on per-sample gradients asks of the discriminator."""

from torch import nn

from ganzoo import ConfigError
from ganzoo.nn import mixes_samples


def require_independent_samples(discriminator: nn.Module, technique: str) -> None:
    """Raise ConfigError if a logit depends on other images than its own, as under batch norm.

    The penalty is on the gradient of each logit by its own image. One backward pass gives them all only while no logit
    depends on a neighbour. Source: Gulrajani et al. 2017, arXiv:1704.00028, section 4, "No critic batch normalization".
    """
    if mixes_samples(discriminator):
        raise ConfigError(
            f"{technique!r} penalises the gradient of each logit by its own image, but this discriminator mixes the "
            f"images of a batch, as batch norm does.\n"
            f"Expected a discriminator that keeps them apart: '--set arch.norm_d=layer', or 'none'."
        )
