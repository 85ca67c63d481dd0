"""A part of an exported graph, as a model of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import onnx
from onnx.utils import Extractor

from ganzoo import ConfigError
from ganzoo_serve.metadata import load_bytes
from ganzoo_serve.runtime import Device, Session, create_session


class Graph:
    """The graph of a model file, every tensor of it with its shape."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._model = onnx.load_from_string(load_bytes(path))

    @property
    def nodes(self) -> Sequence[onnx.NodeProto]:
        """In an order in which they can be computed."""
        nodes: Sequence[onnx.NodeProto] = self._model.graph.node
        return nodes

    @cached_property
    def constants(self) -> dict[str, onnx.TensorProto]:
        """What is stored in the file, by name."""
        stored = {tensor.name: tensor for tensor in self._model.graph.initializer}
        for node in self.nodes:
            if node.op_type == "Constant" and node.attribute and node.attribute[0].name == "value":
                stored[node.output[0]] = node.attribute[0].t
        return stored

    @cached_property
    def shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Of inputs, outputs and what lies between; None for a dimension that is open."""
        graph = self._inferred.graph
        return {
            value.name: tuple(
                d.dim_value if d.HasField("dim_value") else None for d in value.type.tensor_type.shape.dim
            )
            for value in (*graph.input, *graph.value_info, *graph.output)
        }

    def between(self, inputs: Sequence[str], outputs: Sequence[str], device: Device) -> Session:
        """What computes the tensors ``outputs`` from ``inputs``. Raises ConfigError for tensors that the graph does not have."""
        try:
            part = Extractor(self._inferred).extract_model(list(inputs), list(outputs))
        except ValueError as error:
            raise ConfigError(f"{self.path} cannot be cut at {', '.join([*inputs, *outputs])}: {error}.") from error
        return create_session(part.SerializeToString(), device=device, source=str(self.path))

    @cached_property
    def _inferred(self) -> onnx.ModelProto:
        return onnx.shape_inference.infer_shapes(self._model)
