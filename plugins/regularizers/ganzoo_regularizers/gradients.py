"""What penalties on gradients share: the gradient of each logit by its own image, and what that asks of a network."""

from typing import ClassVar, Generic, TypeVar

import torch
from torch import Tensor, nn

from ganzoo import ConfigError, TechniqueContext
from ganzoo.nn import forbids_penalties
from ganzoo.techniques import Technique
from ganzoo_regularizers.options import LazyOptions

LazyOptionsT = TypeVar("LazyOptionsT", bound=LazyOptions)


def input_gradients(*, images: Tensor, logits: Tensor) -> Tensor:
    """grad_x D(x) of each sample, flattened; it can be differentiated once more.

    Shapes: (N, ...) with gradient, (N,) -> (N, D). One call gives them all because logit i depends on image i alone.
    """
    (gradient,) = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return gradient.flatten(1)


def gradient_norms(*, images: Tensor, logits: Tensor) -> Tensor:
    """||grad_x D(x)|| of each sample. Shapes: (N, ...) with gradient, (N,) -> (N,)."""
    # vector_norm, as it takes 0 for its own gradient at 0, where that of sqrt(sum of squares) is infinite.
    norms: Tensor = torch.linalg.vector_norm(input_gradients(images=images, logits=logits), dim=1)
    return norms


def require_independent_samples(network: nn.Module, technique: str, *, what: str = "discriminator") -> None:
    """Raise ConfigError if an output depends on other samples than its own, as under batch norm.

    The penalty is on the gradient of each output by its own input. One backward pass gives them all only while none
    depends on a neighbour. Source: Gulrajani et al. 2017, arXiv:1704.00028, section 4, "No critic batch normalization".
    """
    if forbids_penalties(network):
        raise ConfigError(
            f"{technique!r} penalises the gradient of each sample by itself, but this {what} mixes the samples of a batch, "
            f"as batch norm does.\n"
            f"Expected a {what} that keeps them apart: '--set arch.norm_{what[0]}=layer', or 'none'."
        )


class SlopePenalty(Technique, Generic[LazyOptionsT]):
    """A penalty on the discriminator's gradient of each image. Raises ConfigError for a discriminator that mixes samples."""

    name: ClassVar[str]

    def __init__(self, context: TechniqueContext[LazyOptionsT]) -> None:
        super().__init__()
        require_independent_samples(context.discriminator, self.name)
        self.options = context.options
        self.interval = context.options.interval
