"""One node of an ONNX graph, its attributes as Python values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import onnx
import torch
from onnx import NodeProto, TensorProto, numpy_helper
from torch import Tensor

from ganzoo import ConfigError


@dataclass(frozen=True)
class Node:
    """What an operator is told beside its inputs. ``source`` names the file in errors."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    source: str

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, or ``default`` where the node does not have it."""
        return self.attributes.get(name, default)

    def unsupported(self, what: str) -> ConfigError:
        """The error for a form of a known operator that is not computed here."""
        return ConfigError(
            f"{self.source} uses the ONNX operator {self.op} with {what}, which cannot be differentiated here.\n"
            "Expected a model written by 'ganzoo export RUN'."
        )


# Takes the node and its inputs (None: an optional one left out); gives its output, or the list of them.
Operator: TypeAlias = Callable[..., Tensor | list[Tensor]]


def from_proto(proto: NodeProto, source: str) -> Node:
    """The node with strings decoded and stored tensors as torch's."""
    attributes = {attribute.name: _value(attribute) for attribute in proto.attribute}
    return Node(proto.op_type, tuple(proto.input), tuple(proto.output), attributes, source)


def to_tensor(proto: TensorProto) -> Tensor:
    """A stored tensor, in a memory of its own."""
    return torch.from_numpy(np.array(numpy_helper.to_array(proto)))


def torch_dtype(elem_type: int) -> torch.dtype:
    """The torch type of one of ONNX's."""
    return torch.from_numpy(np.zeros(0, onnx.helper.tensor_dtype_to_np_dtype(elem_type))).dtype


def integers(values: Tensor | list[int]) -> list[int]:
    """Shapes, axes and sizes, which newer operators take as an input and older ones as an attribute."""
    return [int(value) for value in (values.tolist() if isinstance(values, Tensor) else values)]


def _value(attribute: onnx.AttributeProto) -> Any:
    value = onnx.helper.get_attribute_value(attribute)
    if isinstance(value, bytes):
        return value.decode()
    return to_tensor(value) if isinstance(value, TensorProto) else value
