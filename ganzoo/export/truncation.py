"""Normal latents drawn to 0, in operators that ONNX has."""

from __future__ import annotations

import math

import torch
from torch import Tensor

# Of the inverse error function over x, by powers of -log(1 - x^2) - 2.5, and of its root - 3 beyond 5. Source: Giles 2012,
# "Approximating the erfinv function", GPU Computing Gems, table 5 (single precision).
_CENTRE = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    2.1858087e-04,
    -1.25372503e-03,
    -4.17768164e-03,
    2.46640727e-01,
    1.50140941,
)
_TAIL = (
    -2.00214257e-04,
    1.00950558e-04,
    1.34934322e-03,
    -3.67342844e-03,
    5.73950773e-03,
    -7.6224613e-03,
    9.43887047e-03,
    1.00167406,
    2.83297682,
)


def truncated(z: Tensor, truncation: Tensor) -> Tensor:
    """Standard normal z, any shape, to the truncated normal that keeps the central share ``truncation`` () of its mass.

    z' = Q(1/2 + t (P(z) - 1/2)), P the normal distribution function and Q its inverse: what drawing anew beyond the threshold
    Q((1 + t) / 2) gives (Brock et al. 2019, arXiv:1809.11096, section 3.1), but without drawing, so that an image moves on as t
    changes. t = 1 is off, 0.954 a threshold of 2, 0.383 one of 0.5, and 0 the mean.
    """
    x = truncation * torch.erf(z / math.sqrt(2))
    return torch.where(truncation < 1, math.sqrt(2) * _erfinv(x), z)


def _erfinv(x: Tensor) -> Tensor:
    """The inverse of the error function, relative error about 3e-7 in float32."""
    # Kept off 1, where the branch that is not taken would be infinite.
    w = -torch.log(((1 - x) * (1 + x)).clamp(min=1e-30))
    return x * torch.where(w < 5, _polynomial(_CENTRE, w - 2.5), _polynomial(_TAIL, torch.sqrt(w.clamp(min=0)) - 3))


def _polynomial(coefficients: tuple[float, ...], w: Tensor) -> Tensor:
    value = torch.full_like(w, coefficients[0])
    for coefficient in coefficients[1:]:
        value = coefficient + value * w
    return value
