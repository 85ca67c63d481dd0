"""What a discriminator returns."""

from typing import NamedTuple

from torch import Tensor


class DOutput(NamedTuple):
    """The output of a discriminator.

    ``logits``: (N,), higher means "more real". ``features``: (N, F), what the logits were read from, or None.
    """

    logits: Tensor
    features: Tensor | None = None


def as_output(value: DOutput | Tensor) -> DOutput:
    """Accept what a discriminator may return: a DOutput, or logits alone, (N,) or (N, 1).

    Raises ValueError for logits of another shape.
    """
    output = value if isinstance(value, DOutput) else DOutput(value)
    logits = output.logits.squeeze(1) if output.logits.dim() == 2 and output.logits.shape[1] == 1 else output.logits
    if logits.dim() != 1:
        raise ValueError(f"A discriminator must return logits (N,) or (N, 1); got shape {tuple(output.logits.shape)}.")
    return output._replace(logits=logits)
