"""Operators on every number for itself, and reductions."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import torch
import torch.nn.functional as F
from torch import Tensor

from ganzoo_inversion.graph.node import Node, Operator, integers, torch_dtype


def plain(function: Callable[..., Tensor]) -> Operator:
    """An operator without attributes that torch has under another name."""
    return lambda node, *inputs: function(*inputs)


def folded(function: Callable[[Tensor, Tensor], Tensor]) -> Operator:
    """An operator of any number of inputs, two at a time."""
    return lambda node, *inputs: reduce(function, inputs)


def _divide(node: Node, a: Tensor, b: Tensor) -> Tensor:
    return a / b if a.is_floating_point() else torch.div(a, b, rounding_mode="trunc")


def _round(node: Node, x: Tensor) -> Tensor:
    # Straight through (Bengio et al. 2013, arXiv:1308.3432): its true gradient is 0 everywhere.
    return x + (x.round() - x).detach()


def _cast(node: Node, x: Tensor) -> Tensor:
    return x.to(torch_dtype(node.get("to")))


def _clip(node: Node, x: Tensor, low: Tensor | None = None, high: Tensor | None = None) -> Tensor:
    lowest, highest = (node.get(name) if given is None else given for name, given in (("min", low), ("max", high)))
    return x if lowest is None and highest is None else torch.clamp(x, lowest, highest)


def _reduction(function: Callable[..., Tensor]) -> Operator:
    """``function(x, axes, keepdim)`` over the axes of an input or an attribute; over all without any."""

    def operator(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
        given = integers(node.get("axes", []) if axes is None else axes)
        if not given and node.get("noop_with_empty_axes", 0):
            return x
        return function(x, given or list(range(x.ndim)), bool(node.get("keepdims", 1)))

    return operator


def _gelu(node: Node, x: Tensor) -> Tensor:
    return F.gelu(x, approximate=node.get("approximate", "none"))


def _softmax(node: Node, x: Tensor) -> Tensor:
    return x.softmax(node.get("axis", -1))


def _log_softmax(node: Node, x: Tensor) -> Tensor:
    return x.log_softmax(node.get("axis", -1))


def _mod(node: Node, a: Tensor, b: Tensor) -> Tensor:
    return torch.fmod(a, b) if node.get("fmod", 0) else torch.remainder(a, b)


def _hard_sigmoid(node: Node, x: Tensor) -> Tensor:
    line: Tensor = node.get("alpha", 0.2) * x + node.get("beta", 0.5)
    return line.clamp(0, 1)


def _pow(node: Node, x: Tensor, exponent: Tensor) -> Tensor:
    return torch.pow(x, exponent).to(x.dtype)


def _l2(x: Tensor, axes: list[int], keepdim: bool) -> Tensor:
    return x.square().sum(axes, keepdim).sqrt()


def _where(node: Node, condition: Tensor, a: Tensor, b: Tensor) -> Tensor:
    return torch.where(condition, a, b)


ELEMENTWISE: dict[str, Operator] = {
    "Abs": plain(torch.abs),
    "Add": plain(torch.add),
    "And": plain(torch.logical_and),
    "Cast": _cast,
    "Ceil": plain(torch.ceil),
    "Clip": _clip,
    "Cos": plain(torch.cos),
    "Div": _divide,
    "Elu": lambda node, x: F.elu(x, node.get("alpha", 1.0)),
    "Equal": plain(torch.eq),
    "Erf": plain(torch.erf),
    "Exp": plain(torch.exp),
    "Floor": plain(torch.floor),
    "Gelu": _gelu,
    "Greater": plain(torch.gt),
    "GreaterOrEqual": plain(torch.ge),
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": plain(F.hardswish),
    "LeakyRelu": lambda node, x: F.leaky_relu(x, node.get("alpha", 0.01)),
    "Less": plain(torch.lt),
    "LessOrEqual": plain(torch.le),
    "Log": plain(torch.log),
    "LogSoftmax": _log_softmax,
    "Max": folded(torch.maximum),
    "Mean": lambda node, *inputs: reduce(torch.add, inputs) / len(inputs),
    "Min": folded(torch.minimum),
    "Mish": plain(F.mish),
    "Mod": _mod,
    "Mul": plain(torch.mul),
    "Neg": plain(torch.neg),
    "Not": plain(torch.logical_not),
    "Or": plain(torch.logical_or),
    "PRelu": lambda node, x, slope: torch.where(x < 0, slope * x, x),
    "Pow": _pow,
    "Reciprocal": plain(torch.reciprocal),
    "ReduceL2": _reduction(_l2),
    "ReduceMax": _reduction(torch.amax),
    "ReduceMean": _reduction(torch.mean),
    "ReduceMin": _reduction(torch.amin),
    "ReduceSum": _reduction(torch.sum),
    "ReduceSumSquare": _reduction(lambda x, axes, keepdim: x.square().sum(axes, keepdim)),
    "Relu": plain(F.relu),
    "Round": _round,
    "Selu": plain(F.selu),
    "Sigmoid": plain(torch.sigmoid),
    "Sign": plain(torch.sign),
    "Sin": plain(torch.sin),
    "Softmax": _softmax,
    "Softplus": plain(F.softplus),
    "Softsign": plain(F.softsign),
    "Sqrt": plain(torch.sqrt),
    "Sub": plain(torch.sub),
    "Sum": folded(torch.add),
    "Tanh": plain(torch.tanh),
    "Where": _where,
}
