"""The weights of a graph that meet a latent before anything else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import numpy_helper

from ganzoo_latents.cut import Graph

# Operators that move no number; Where is how z is truncated or not.
_KEEP = {"Identity", "Cast", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Where"}
_PRODUCTS = {"Gemm", "MatMul", "Conv", "ConvTranspose"}


class _Part(NamedTuple):
    """Numbers ``first`` ... ``first + number`` - 1 of the latent; in the tensor that holds them they begin at ``at``."""

    first: int
    number: int
    at: int = 0


def weights_on(graph: Graph, latent: str, dim: int) -> npt.NDArray[np.float64]:
    """All weights that multiply the numbers of ``latent`` directly, one row an output: (rows, dim), none if there are none.

    Followed through operators that only move numbers: reshaping, slicing, splitting, picking a layer, laying beside others.
    """
    held: dict[str, _Part] = {latent: _Part(0, dim)}
    rows: list[npt.NDArray[np.float64]] = []
    for node in graph.nodes:
        data = next((name for name in node.input if name in held), None)
        if data is None:
            continue
        part = held[data]
        if node.op_type in _PRODUCTS:
            weight = _weight(graph, node, data)
            if weight is not None:
                row = np.zeros((weight.shape[0], dim))
                row[:, part.first : part.first + part.number] = weight[:, part.at : part.at + part.number]
                rows.append(row)
        else:
            held.update(_moved(graph, node, data, part))
    return np.concatenate(rows) if rows else np.zeros((0, dim))


def _moved(graph: Graph, node: onnx.NodeProto, data: str, part: _Part) -> Iterator[tuple[str, _Part]]:
    """Where the numbers are after an operator; nowhere if it does more than move them."""
    if node.op_type in _KEEP:
        yield node.output[0], part
    elif node.op_type == "Gather":  # of (n, layers, dim) one layer; of (n, dim) it would be a choice of numbers
        if len(graph.shapes.get(data, ())) == 3 and _attribute(node, "axis", 0) in (1, -2):
            yield node.output[0], part
    elif node.op_type == "Slice":
        begins, ends, axes, steps = (_numbers(graph, node, i) for i in (1, 2, 3, 4))
        if begins is None or ends is None or (steps or [1]) != [1] or len(begins) != 1:
            return
        rank = len(graph.shapes.get(data, ()))
        axis = (axes or [0])[0] % rank if rank else -1
        if rank == 3 and axis == 1:
            yield node.output[0], part
        elif rank == 2 and axis == 1 and part.at == 0:
            begin = begins[0] + part.number if begins[0] < 0 else begins[0]
            end = min(ends[0] + part.number if ends[0] < 0 else ends[0], part.number)
            yield node.output[0], _Part(part.first + begin, end - begin)
    elif node.op_type == "Split" and len(graph.shapes.get(data, ())) == 3:  # layer by layer
        if _attribute(node, "axis", 0) in (1, -2):
            yield from ((name, part) for name in node.output)
    elif node.op_type == "Split" and part.at == 0 and len(graph.shapes.get(data, ())) == 2:
        begin = 0
        for name in node.output:
            count = graph.shapes.get(name, (None, None))[-1]
            if count is None:
                return
            yield name, _Part(part.first + begin, count)
            begin += count
    elif node.op_type == "Concat":
        at = part.at
        for name in node.input:
            if name == data:
                yield node.output[0], part._replace(at=at)
                return
            width = graph.shapes.get(name, (None, None))[-1]
            if width is None:
                return
            at += width


def _weight(graph: Graph, node: onnx.NodeProto, data: str) -> npt.NDArray[np.float64] | None:
    """The weight of a product as (rows, inputs), or None if it is not stored or not on the right."""
    if node.input[0] != data or node.input[1] not in graph.constants:
        return None
    weight = numpy_helper.to_array(graph.constants[node.input[1]]).astype(np.float64)
    if node.op_type == "Gemm":
        return weight if _attribute(node, "transB", 0) else weight.T
    if node.op_type == "MatMul":
        return weight.T if weight.ndim == 2 else None
    if _attribute(node, "group", 1) != 1:
        return None
    inputs = 0 if node.op_type == "ConvTranspose" else 1
    return np.moveaxis(weight, inputs, -1).reshape(-1, weight.shape[inputs])


def _numbers(graph: Graph, node: onnx.NodeProto, index: int) -> list[int] | None:
    if index >= len(node.input) or node.input[index] not in graph.constants:
        return None
    return [int(value) for value in numpy_helper.to_array(graph.constants[node.input[index]]).ravel()]


def _attribute(node: onnx.NodeProto, name: str, default: int) -> int:
    return next((int(attribute.i) for attribute in node.attribute if attribute.name == name), default)
