"""An ONNX graph as a torch module that gradients flow through, with nothing but the file.

Our own, node by node: onnx2torch would bring torchvision along, and has been quiet since 2024.
"""

from __future__ import annotations

import onnx.inliner
import torch
from onnx import ModelProto, TensorProto
from torch import Tensor, nn

from ganzoo import ConfigError
from ganzoo_inversion.graph.elementwise import ELEMENTWISE
from ganzoo_inversion.graph.layers import LAYERS
from ganzoo_inversion.graph.node import Node, from_proto, to_tensor
from ganzoo_inversion.graph.shapes import SHAPES

OPERATORS = ELEMENTWISE | LAYERS | SHAPES
PASSED_THROUGH = ("Round", "Cast")  # where they only make bytes of numbers in 0 ... 255
CARRIERS = ("Clip", "Identity", "Reshape", "Transpose")  # what may stand among them


class TorchGraph(nn.Module):
    """The graph of ``model``: named inputs -> its outputs, by name; differentiable in its float inputs and its weights.

    Where an output is uint8 the last rounding and cast are left out: it comes as float32 in 0 ... 255. The weights are
    buffers (``to`` moves them, an optimiser does not see them); those in float16 are held, and computed with, in float32.
    ``source`` names the file in errors.
    Raises ConfigError, at once, for an operator that is not in the table, and when run for a form of it that is not.
    """

    def __init__(self, model: ModelProto, *, source: str) -> None:
        super().__init__()
        if model.functions:
            model = onnx.inliner.inline_local_functions(model)
        graph = model.graph
        self.nodes = [from_proto(node, source) for node in graph.node]
        unknown = sorted(
            {n.op_type for n in graph.node if n.domain not in ("", "ai.onnx") or n.op_type not in OPERATORS}
        )
        if unknown:
            raise ConfigError(
                f"{source} uses the ONNX operator{'s' * (len(unknown) > 1)} {', '.join(unknown)}, "
                "through which no gradient can be taken here.\n"
                f"Known are {', '.join(sorted(OPERATORS))}.\n"
                "Export the generator without, or go without gradients: '--by encoder'."
            )
        self.outputs = [value.name for value in graph.output]
        self.skipped = _byte_makers(self.nodes, graph)
        self.weights: dict[str, str] = {}
        for tensor in graph.initializer:
            self._keep(tensor.name, to_tensor(tensor))
        for node in self.nodes:
            if node.op == "Constant":
                (name,) = node.outputs
                self._keep(name, OPERATORS["Constant"](node))  # type: ignore[arg-type]  # it has one output
        self.nodes = [node for node in self.nodes if node.op != "Constant"]

    def forward(self, **inputs: Tensor) -> dict[str, Tensor]:
        """Evaluate the nodes in the file's order, which is a topological one."""
        values: dict[str, Tensor | None] = {name: self.get_buffer(key) for name, key in self.weights.items()}
        values |= inputs
        precision = next((x.dtype for x in self.buffers() if x.is_floating_point()), torch.float32)
        values[""] = None  # how ONNX writes an optional input that is left out
        for node in self.nodes:
            given = [values[name] for name in node.inputs]
            if node.outputs[0] in self.skipped:
                values[node.outputs[0]] = given[0]
                continue
            result = OPERATORS[node.op](node, *given)
            results = result if isinstance(result, list) else [result]
            if node.op == "Cast":  # to float32 in the file; the weights may have been given another precision
                results = [x.to(precision) if x.is_floating_point() else x for x in results]
            values |= dict(zip(node.outputs, results, strict=False))  # optional outputs may be left out
        return {name: tensor for name in self.outputs if (tensor := values[name]) is not None}

    def _keep(self, name: str, tensor: Tensor) -> None:
        key = f"weight{len(self.weights)}"  # torch allows no dots in a buffer's name
        self.register_buffer(key, tensor.float() if tensor.dtype == torch.float16 else tensor)
        self.weights[name] = key


def _byte_makers(nodes: list[Node], graph: onnx.GraphProto) -> set[str]:
    """The outputs of the roundings and casts at the end of each uint8 output."""
    makers = {name: node for node in nodes for name in node.outputs}
    found = set()
    for value in graph.output:
        name = value.name if value.type.tensor_type.elem_type == TensorProto.UINT8 else ""
        while (node := makers.get(name)) is not None and node.op in PASSED_THROUGH + CARRIERS:
            if node.op in PASSED_THROUGH:
                found.add(name)
            name = node.inputs[0]
    return found
