"""Operators that move numbers about, and those that compute shapes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ganzoo_inversion.graph.node import Node, Operator, integers


def _constant(node: Node) -> Tensor:
    if "value" in node.attributes:
        value: Tensor = node.attributes["value"]
        return value
    for name, dtype in (("value_float", torch.float32), ("value_int", torch.int64)):
        for key in (name, f"{name}s"):
            if key in node.attributes:
                return torch.tensor(node.attributes[key], dtype=dtype)
    raise node.unsupported(f"the attributes {', '.join(node.attributes) or 'none'}")


def _constant_of_shape(node: Node, shape: Tensor) -> Tensor:
    value = node.get("value", torch.zeros(1))
    return torch.full(integers(shape), value.item(), dtype=value.dtype, device=shape.device)


def _reshape(node: Node, x: Tensor, shape: Tensor) -> Tensor:
    wanted = integers(shape)
    if not node.get("allowzero", 0):
        wanted = [x.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    return x.reshape(wanted)


def _flatten(node: Node, x: Tensor) -> Tensor:
    axis = node.get("axis", 1)
    axis = axis + x.ndim if axis < 0 else axis
    rows = 1
    for size in x.shape[:axis]:
        rows *= size
    return x.reshape(rows, -1)


def _transpose(node: Node, x: Tensor) -> Tensor:
    return x.permute(node.get("perm", list(range(x.ndim))[::-1]))


def _concat(node: Node, *inputs: Tensor) -> Tensor:
    return torch.cat(inputs, dim=node.get("axis"))


def _unsqueeze(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
    given = integers(node.get("axes") if axes is None else axes)
    rank = x.ndim + len(given)
    for axis in sorted(axis % rank for axis in given):
        x = x.unsqueeze(axis)
    return x


def _squeeze(node: Node, x: Tensor, axes: Tensor | None = None) -> Tensor:
    given = node.get("axes") if axes is None else axes
    return x.squeeze() if given is None else x.squeeze(tuple(integers(given)))


def _slice(
    node: Node,
    x: Tensor,
    starts: Tensor | None = None,
    ends: Tensor | None = None,
    axes: Tensor | None = None,
    steps: Tensor | None = None,
) -> Tensor:
    begin, end = (integers(node.get(n) if g is None else g) for n, g in (("starts", starts), ("ends", ends)))
    where = integers(node.get("axes", list(range(len(begin)))) if axes is None else axes)
    stride = [1] * len(begin) if steps is None else integers(steps)
    for first, last, axis, step in zip(begin, end, where, stride, strict=True):
        if step > 0:
            x = x[(slice(None),) * (axis % x.ndim) + (slice(first, last, step),)]
        else:  # torch has no negative steps
            chosen = range(*slice(first, last, step).indices(x.shape[axis]))
            x = x.index_select(axis, torch.tensor(list(chosen), dtype=torch.int64, device=x.device))
    return x


def _split(node: Node, x: Tensor, sizes: Tensor | None = None) -> list[Tensor]:
    axis, given = node.get("axis", 0), node.get("split") if sizes is None else sizes
    if given is not None:
        return list(x.split(integers(given), axis))
    parts = node.get("num_outputs", len(node.outputs))
    return list(x.split(-(-x.shape[axis] // parts), axis))


def _gather(node: Node, x: Tensor, indices: Tensor) -> Tensor:
    axis = node.get("axis", 0) % x.ndim
    rows = x.index_select(axis, indices.reshape(-1).to(torch.int64) % x.shape[axis])
    return rows.reshape(*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])


def _expand(node: Node, x: Tensor, shape: Tensor) -> Tensor:
    return x.expand(torch.broadcast_shapes(x.shape, tuple(integers(shape))))


def _pad(
    node: Node, x: Tensor, pads: Tensor | None = None, value: Tensor | None = None, axes: Tensor | None = None
) -> Tensor:
    amounts = integers(node.get("pads") if pads is None else pads)
    where = list(range(x.ndim)) if axes is None else [axis % x.ndim for axis in integers(axes)]
    around = [0] * (2 * x.ndim)  # torch counts axes from the last one on
    for axis, before, after in zip(where, amounts[: len(where)], amounts[len(where) :], strict=True):
        at = 2 * (x.ndim - 1 - axis)
        around[at : at + 2] = [before, after]
    while around and around[-2:] == [0, 0]:
        around = around[:-2]
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}.get(node.get("mode", "constant"))
    if mode is None:
        raise node.unsupported(f"mode {node.get('mode')}")
    if mode != "constant":
        return F.pad(x, around, mode)
    return F.pad(x, around, mode, float(node.get("value", 0.0) if value is None else value.item()))


def _depth_to_space(node: Node, x: Tensor) -> Tensor:
    n, c, h, w = x.shape
    block = node.get("blocksize")
    if node.get("mode", "DCR") == "CRD":
        return F.pixel_shuffle(x, block)
    x = x.reshape(n, block, block, c // block**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(n, c // block**2, h * block, w * block)


def _one_hot(node: Node, indices: Tensor, depth: Tensor, values: Tensor) -> Tensor:
    number = int(depth.item())
    hot = F.one_hot(indices.to(torch.int64) % number, number).movedim(-1, node.get("axis", -1))
    return torch.where(hot.bool(), values[1], values[0])


def _range(node: Node, start: Tensor, limit: Tensor, delta: Tensor) -> Tensor:
    arguments: list[Any] = [value.item() for value in (start, limit, delta)]
    return torch.arange(*arguments, dtype=start.dtype, device=start.device)


def _shape(node: Node, x: Tensor) -> Tensor:
    sizes = list(x.shape)[node.get("start", 0) : node.get("end", x.ndim)]
    return torch.tensor(sizes, dtype=torch.int64, device=x.device)


def _size(node: Node, x: Tensor) -> Tensor:
    return torch.tensor(x.numel(), device=x.device)


SHAPES: dict[str, Operator] = {
    "Concat": _concat,
    "Constant": _constant,
    "ConstantOfShape": _constant_of_shape,
    "DepthToSpace": _depth_to_space,
    "Dropout": lambda node, x, *rest: x,  # a model that drops anything out has been refused when it was read
    "Expand": _expand,
    "Flatten": _flatten,
    "Gather": _gather,
    "Identity": lambda node, x: x,
    "OneHot": _one_hot,
    "Pad": _pad,
    "Range": _range,
    "Reshape": _reshape,
    "Shape": _shape,
    "Size": _size,
    "Slice": _slice,
    "Split": _split,
    "Squeeze": _squeeze,
    "Tile": lambda node, x, repeats: x.repeat(integers(repeats)),
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
