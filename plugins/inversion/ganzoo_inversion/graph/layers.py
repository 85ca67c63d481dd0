"""Operators with weights, norms, pooling and resizing."""

from __future__ import annotations

from math import prod

import torch
import torch.nn.functional as F
from torch import Tensor

from ganzoo_inversion.graph.node import Node, Operator, integers

CONVOLUTIONS = {3: F.conv1d, 4: F.conv2d, 5: F.conv3d}
TRANSPOSED = {3: F.conv_transpose1d, 4: F.conv_transpose2d, 5: F.conv_transpose3d}
MAX_POOLS = {3: F.max_pool1d, 4: F.max_pool2d, 5: F.max_pool3d}
AVERAGE_POOLS = {3: F.avg_pool1d, 4: F.avg_pool2d, 5: F.avg_pool3d}
INTERPOLATIONS = {3: "linear", 4: "bilinear", 5: "trilinear"}


def _pads(node: Node, axes: int) -> tuple[list[int], list[int]]:
    """How much is added before and after, per axis."""
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise node.unsupported(f"auto_pad {node.get('auto_pad')}")
    pads = node.get("pads", [0] * 2 * axes)
    return list(pads[:axes]), list(pads[axes:])


def _around(before: list[int], after: list[int]) -> list[int]:
    """As ``F.pad`` wants it: from the last axis on."""
    return [amount for pair in zip(reversed(before), reversed(after), strict=True) for amount in pair]


def _conv(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    axes = x.ndim - 2
    before, after = _pads(node, axes)
    if before != after:
        x, before = F.pad(x, _around(before, after)), [0] * axes
    stride, dilation = (tuple(node.get(name, [1] * axes)) for name in ("strides", "dilations"))
    convolution = CONVOLUTIONS[x.ndim]
    y: Tensor = convolution(x, weight, bias, stride, tuple(before), dilation, node.get("group", 1))
    return y


def _conv_transpose(node: Node, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    axes = x.ndim - 2
    before, after = _pads(node, axes)
    if node.get("output_shape"):
        raise node.unsupported("output_shape")
    stride, dilation = (tuple(node.get(name, [1] * axes)) for name in ("strides", "dilations"))
    more = tuple(node.get("output_padding", [0] * axes))
    padding = tuple(before) if before == after else (0,) * axes
    convolution = TRANSPOSED[x.ndim]
    y = convolution(x, weight, bias, stride, padding, more, node.get("group", 1), dilation)
    return y if before == after else F.pad(y, [-amount for amount in _around(before, after)])


def _gemm(node: Node, a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
    product: Tensor = (a.T if node.get("transA", 0) else a) @ (b.T if node.get("transB", 0) else b)
    product = product * node.get("alpha", 1.0)
    return product if c is None else product + node.get("beta", 1.0) * c


def _channels(values: Tensor, like: Tensor) -> Tensor:
    """(C,) -> (1, C, 1, ...)."""
    return values.reshape(1, -1, *[1] * (like.ndim - 2))


def _normalise(x: Tensor, axes: list[int], epsilon: float) -> Tensor:
    variance, mean = torch.var_mean(x, dim=axes, correction=0, keepdim=True)
    return (x - mean) * torch.rsqrt(variance + epsilon)


def _batch_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    if node.get("training_mode", 0):
        raise node.unsupported("training_mode")
    return F.batch_norm(x, mean, variance, scale, bias, training=False, eps=node.get("epsilon", 1e-5))


def _instance_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    normal = _normalise(x, list(range(2, x.ndim)), node.get("epsilon", 1e-5))
    return normal * _channels(scale, x) + _channels(bias, x)


def _layer_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor | None = None) -> Tensor:
    axis = node.get("axis", -1) % x.ndim
    normal = _normalise(x, list(range(axis, x.ndim)), node.get("epsilon", 1e-5)) * scale
    return normal if bias is None else normal + bias


def _group_norm(node: Node, x: Tensor, scale: Tensor, bias: Tensor) -> Tensor:
    groups = node.get("num_groups")
    normal = _normalise(x.reshape(len(x), groups, -1), [2], node.get("epsilon", 1e-5)).reshape(x.shape)
    each = x.shape[1] // len(scale)  # opset 18 has one scale a group, opset 21 one a channel
    return normal * _channels(scale.repeat_interleave(each), x) + _channels(bias.repeat_interleave(each), x)


def _pool(node: Node, x: Tensor) -> tuple[Tensor, list[int], list[int], list[int]]:
    """The padded input, kernel, stride and what torch is to pad. Ceiling mode and dilation are not for generators."""
    kernel = list(node.get("kernel_shape"))
    before, after = _pads(node, len(kernel))
    if before != after or node.get("ceil_mode", 0) or prod(node.get("dilations", [1])) != 1:
        raise node.unsupported("uneven pads, ceil_mode or dilations")
    return x, kernel, list(node.get("strides", [1] * len(kernel))), before


def _max_pool(node: Node, x: Tensor) -> Tensor:
    x, kernel, stride, padding = _pool(node, x)
    return MAX_POOLS[x.ndim](x, kernel, stride, padding)


def _average_pool(node: Node, x: Tensor) -> Tensor:
    x, kernel, stride, padding = _pool(node, x)
    pool = AVERAGE_POOLS[x.ndim]
    return pool(x, kernel, stride, padding, count_include_pad=bool(node.get("count_include_pad", 0)))


def _resize(
    node: Node, x: Tensor, roi: Tensor | None = None, scales: Tensor | None = None, sizes: Tensor | None = None
) -> Tensor:
    if sizes is not None and sizes.numel():
        wanted = integers(sizes)
    elif scales is not None:
        wanted = [int(size * scale) for size, scale in zip(x.shape, scales.tolist(), strict=True)]
    else:
        raise node.unsupported("neither scales nor sizes")
    if node.get("axes") is not None or wanted[:2] != list(x.shape[:2]) or node.get("antialias", 0):
        raise node.unsupported("axes, antialias or other channels")
    how, place = node.get("mode", "nearest"), node.get("coordinate_transformation_mode", "half_pixel")
    if how == "nearest":
        whole = all(new % old == 0 for new, old in zip(wanted, x.shape, strict=True))
        # By a whole factor every rule repeats each pixel equally often, except these two.
        if (place, node.get("nearest_mode", "round_prefer_floor")) != ("asymmetric", "floor") and (
            not whole or place in ("asymmetric", "align_corners")
        ):
            raise node.unsupported(f"mode nearest, {place}")
        return F.interpolate(x, size=wanted[2:], mode="nearest")
    mode = {"linear": INTERPOLATIONS[x.ndim], "cubic": "bicubic"}.get(how)
    corners = place == "align_corners"
    if mode is None or not (corners or place in ("half_pixel", "pytorch_half_pixel")):
        raise node.unsupported(f"mode {how}, {place}")
    return F.interpolate(x, size=wanted[2:], mode=mode, align_corners=corners)


def _over_places(function_name: str) -> Operator:
    """A pool over all places, which keeps their axes."""
    return lambda node, x: getattr(x, function_name)(tuple(range(2, x.ndim)), True)


LAYERS: dict[str, Operator] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "Einsum": lambda node, *inputs: torch.einsum(node.get("equation"), *inputs),
    "Gemm": _gemm,
    "GlobalAveragePool": _over_places("mean"),
    "GlobalMaxPool": _over_places("amax"),
    "GroupNormalization": _group_norm,
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "MatMul": lambda node, a, b: a @ b,
    "MaxPool": _max_pool,
    "Resize": _resize,
}
