"""Images that end at black and white, and still hear that they went too far."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def bounded(x: Tensor) -> Tensor:
    """x clamped to [-1, 1], any shape; the gradient passes as if it were not, unless a step along it would lead further out.

    That of torch's clamp is 0 outside: a generator whose pixels all went past black would never come back.
    """
    if not (torch.is_grad_enabled() and x.requires_grad):
        return x.clamp(-1, 1)
    found: Tensor = _Bounded.apply(x)  # type: ignore[no-untyped-call]
    return found


class _Bounded(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        # A loss is minimised: where its gradient is negative, x grows.
        outwards = ((x > 1) & (gradient < 0)) | ((x < -1) & (gradient > 0))
        return torch.where(outwards, 0, gradient)
