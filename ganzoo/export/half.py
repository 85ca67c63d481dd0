"""A graph in half precision: float16 from its first product to its last, float32 before, after and where it is delicate.

Our own pass, as no library's graphs passed the gate: onnxconverter-common 1.16 halves the scales of Resize, which ONNX forbids,
and rounds to float16 between neighbours that both compute in float32; ONNX Runtime 1.31's writes nodes out of order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from ganzoo.errors import ExportError
from ganzoo_serve.graph import STYLES, feed
from ganzoo_serve.metadata import ModelMetadata
from ganzoo_serve.runtime import create_session
from ganzoo_serve.seeds import classes_from_seeds, latents

_CONVOLUTIONS = frozenset({"Conv", "ConvTranspose"})
_PRODUCTS = _CONVOLUTIONS | {"Gemm", "MatMul"}
# Products, what moves numbers, and what loses no more than the rounding of its result. Not among them: norms, softmax, powers,
# roots, quotients, exponentials and sums, whose results or steps between leave float16's range or digits.
_IN_HALF = _PRODUCTS | {
    *(
        "Add",
        "Sub",
        "Mul",
        "Neg",
        "Relu",
        "LeakyRelu",
        "PRelu",
        "Gelu",
        "Where",
        "MaxPool",
        "AveragePool",
        "Resize",
        "Pad",
    ),
    *(
        "Identity",
        "Reshape",
        "Flatten",
        "Transpose",
        "Squeeze",
        "Unsqueeze",
        "Expand",
        "Tile",
        "Slice",
        "Split",
        "Concat",
    ),
    *("Gather", "DepthToSpace", "SpaceToDepth"),
}
_FLOAT_INPUTS = {"Resize": (1, 2)}  # which inputs of an operator are float32 whatever its data are
# An eighth of float16's largest number: other latents go beyond the ones that are tried, but not that far.
LARGEST = 65504 / 8
_SEEDS = range(3000, 3008)


def halved(model: ModelProto, metadata: ModelMetadata) -> ModelProto:
    """The same graph with weights and arithmetic in float16 where that holds; inputs and output as they were.

    Half are the operators between the first product and the last that are known to bear it, but for those that read or write a
    number beyond ``LARGEST`` when eight images are drawn. Of a style-based graph only the convolutions count as products: all
    that makes w and styles is vectors, which take little room and move whole images. Raises ExportError if there is no product.
    """
    model = onnx.shape_inference.infer_shapes(_folded(model))
    graph = model.graph
    floats = {t.name for t in graph.initializer if t.data_type == TensorProto.FLOAT}
    floats |= {
        value.name
        for value in (*graph.input, *graph.value_info, *graph.output)
        if value.type.tensor_type.elem_type == TensorProto.FLOAT
    }
    nodes = _candidates(graph, floats, _CONVOLUTIONS if metadata.styles else _PRODUCTS)
    large = _large(model, metadata, {name for node in nodes for name in _tensors(node)} & floats) if nodes else set()
    chosen = {node.output[0] for node in nodes if large.isdisjoint(_tensors(node))}
    if not chosen:
        raise ExportError(
            "Nothing in this generator can be computed in half precision: expected convolutions"
            f"{' after w' if metadata.styles else ' or other products'}, with numbers within {LARGEST:g}.\n"
            "Leave '--fp16' out."
        )
    _rewrite(graph, chosen, floats)
    return model


def _folded(model: ModelProto) -> ModelProto:
    """Weights as they are used: an equalised learning rate multiplies them in the graph, in which they would stay float32."""
    import onnx_ir
    from onnx_ir.passes.common import LiftConstantsToInitializersPass, RemoveUnusedNodesPass
    from onnxscript.optimizer import fold_constants

    no_limit = 2**31
    ir = onnx_ir.from_proto(model)
    fold_constants(ir, input_size_limit=no_limit, output_size_limit=no_limit)
    LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0)(ir)
    RemoveUnusedNodesPass()(ir)
    proto: ModelProto = onnx_ir.to_proto(ir)
    return proto


def _candidates(graph: GraphProto, floats: set[str], products: frozenset[str]) -> list[NodeProto]:
    """The nodes between the first product and the last, both among them, that make float tensors and bear half precision."""
    after: set[str] = set()
    for node in graph.node:
        if node.op_type in products or not after.isdisjoint(node.input):
            after.update(node.output)
    before: set[str] = set()
    for node in reversed(graph.node):
        if node.op_type in products or not before.isdisjoint(node.output):
            before.update((*node.input, *node.output))
    between = floats & after & before
    kept = {STYLES, *_used_in_bodies(graph.node)}  # whoever reads w expects float32
    return [
        node
        for node in graph.node
        if node.op_type in _IN_HALF and node.output[0] in between and kept.isdisjoint(node.output)
    ]


def _large(model: ModelProto, metadata: ModelMetadata, names: set[str]) -> set[str]:
    """Which of these float tensors hold a number beyond ``LARGEST``, or none, when images are drawn one by one."""
    stored = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer if t.name in names}
    computed = sorted(names - stored.keys() - {value.name for value in model.graph.input})
    shown = ModelProto()
    shown.CopyFrom(model)
    shown.graph.output.extend(helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in computed)
    session = create_session(shown.SerializeToString(), device="cpu")
    peaks = {name: float(np.abs(array).max(initial=0)) for name, array in stored.items()}
    for seed in _SEEDS:
        z = latents([seed], z_dim=metadata.latent.dim, distribution=metadata.latent.distribution)
        labels = classes_from_seeds([seed], len(metadata.classes)) if metadata.classes else None
        for name, array in zip(computed, session.run(computed, feed(metadata, z, labels)), strict=True):
            peaks[name] = np.maximum(np.abs(array).max(initial=0), peaks.get(name, 0.0))  # keeps NaN, unlike max()
    return {name for name, peak in peaks.items() if not peak <= LARGEST}


def _rewrite(graph: GraphProto, chosen: set[str], floats: set[str]) -> None:
    """Halve the nodes whose first outputs are ``chosen``, their weights and what they make; casts stand where the two meet."""
    weights = {tensor.name: tensor for tensor in graph.initializer}
    halves = {name for node in graph.node if node.output[0] in chosen for name in node.output} & floats
    made: dict[str, TensorProto | NodeProto] = {}
    written: list[NodeProto] = []
    for node in graph.node:
        for i, name in enumerate(node.input):
            wanted = node.output[0] in chosen and i not in _FLOAT_INPUTS.get(node.op_type, ())
            if name not in floats or wanted == (name in halves):
                continue
            other = f"{name}_{'half' if wanted else 'float'}"
            if other not in made and name in weights:
                made[other] = numpy_helper.from_array(numpy_helper.to_array(weights[name]).astype(np.float16), other)
            elif other not in made:
                to = TensorProto.FLOAT16 if wanted else TensorProto.FLOAT
                made[other] = helper.make_node("Cast", [name], [other], name=f"cast_{other}", to=to)
                written.append(made[other])
            node.input[i] = other
        written.append(node)
    del graph.node[:]
    graph.node.extend(written)
    used = {name for node in written for name in node.input} | _used_in_bodies(written)
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend([*kept, *(tensor for tensor in made.values() if isinstance(tensor, TensorProto))])
    for value in graph.value_info:
        if value.name in halves:
            value.type.tensor_type.elem_type = TensorProto.FLOAT16


def _tensors(node: NodeProto) -> Iterator[str]:
    """What a node reads, but for what is float32 in any case, and writes."""
    yield from (name for i, name in enumerate(node.input) if i not in _FLOAT_INPUTS.get(node.op_type, ()))
    yield from node.output


def _used_in_bodies(nodes: Iterable[NodeProto]) -> set[str]:
    """Names that the bodies of If, Loop and Scan may take from the graph around them."""
    bodies = [a.g for node in nodes for a in node.attribute if a.type == AttributeProto.GRAPH]
    inner = [node for body in bodies for node in body.node]
    return {name for node in inner for name in node.input} | (_used_in_bodies(inner) if inner else set())
