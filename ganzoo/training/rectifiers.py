"""Rectifiers whose second derivative costs nothing.

A penalty on gradients differentiates a discriminator twice. torch's ReLU and leaky ReLU then pass on a gradient of zeros, for
their slopes do depend on the input at one point, and that is carried back through all layers before it: a whole pass that
changes nothing. Here there is none. (Nor is there a forward-mode derivative, or torch.func's vmap over one.)
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LeakyReLU(nn.LeakyReLU):
    """As torch's, any shape -> the same, quicker where it is differentiated twice."""

    def forward(self, input: Tensor) -> Tensor:
        return rectified(input, self.negative_slope)


class ReLU(nn.ReLU):
    """As torch's, any shape -> the same, quicker where it is differentiated twice."""

    def forward(self, input: Tensor) -> Tensor:
        return rectified(input, 0.0)


def rectified(x: Tensor, slope: float) -> Tensor:
    """x where x > 0, else slope * x."""
    if not (torch.is_grad_enabled() and x.requires_grad):
        return _rectify(x, slope)
    found: Tensor = _Rectified.apply(x, slope)  # type: ignore[no-untyped-call]
    return found


def twice_differentiable(module: nn.Module) -> nn.Module:
    """``module`` with every rectifier of torch's in it, unless it works in place, replaced by ours."""
    for part in module.modules():
        ours = {nn.LeakyReLU: LeakyReLU, nn.ReLU: ReLU}.get(type(part))  # exact types
        if ours is not None and not part.inplace:
            part.__class__ = ours
    return module


def _rectify(x: Tensor, slope: float) -> Tensor:
    return F.leaky_relu(x, slope) if slope else F.relu(x)  # 0 times minus infinity is not 0


class _Rectified(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)  # no gradient is no gradient, and not one of zeros
        ctx.slope = slope
        return _rectify(x, slope)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor | None) -> tuple[Tensor | None, None]:
        (x,) = ctx.saved_tensors
        return None if gradient is None else _Sloped.apply(gradient, x, ctx.slope), None  # type: ignore[no-untyped-call]


class _Sloped(torch.autograd.Function):
    """The gradient times the slope: linear in the gradient, and constant in x."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, x: Tensor, slope: float) -> Tensor:
        ctx.save_for_backward(x)
        ctx.set_materialize_grads(False)
        ctx.slope = slope
        aten = torch.ops.aten
        sloped: Tensor = (
            aten.leaky_relu_backward(gradient, x, slope, False) if slope else aten.threshold_backward(gradient, x, 0)
        )
        return sloped

    @staticmethod
    def backward(ctx: Any, gradient: Tensor | None) -> tuple[Tensor | None, None, None]:
        (x,) = ctx.saved_tensors
        sloped = None if gradient is None else _Sloped.apply(gradient, x, ctx.slope)  # type: ignore[no-untyped-call]
        return sloped, None, None
