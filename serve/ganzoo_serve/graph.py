"""Checks that a graph is what its metadata says, before anything runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto

from ganzoo_serve.errors import ModelError

if TYPE_CHECKING:  # metadata calls us
    from ganzoo_serve.metadata import ModelMetadata

# An operator that draws its own numbers would give another image for the same seed every time.
RANDOM_OPERATORS = frozenset(
    {"RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"}
)

STYLES = "w"  # the tensor of a style-based graph between mapping and synthesis

EXPORT_HINT = "Expected a model written by 'ganzoo export RUN'; run that to make one."

Dim = int | None  # None: any size, under a symbolic name
Signature = dict[str, tuple[int, tuple[Dim, ...]]]  # name -> (element type, shape)


def check_graph(model: ModelProto, metadata: ModelMetadata, *, source: str) -> None:
    """Raise ModelError unless inputs, outputs, operators and storage are what ``metadata`` promises."""
    graph = model.graph
    initialized = {tensor.name for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in initialized]  # ONNX IR 3 listed weights as inputs too
    _check_values("input", inputs, expected_inputs(metadata), source)
    _check_values("output", graph.output, expected_outputs(metadata), source)

    if metadata.styles is not None and not any(STYLES in node.output for node in graph.node):
        raise ModelError(f"{source} has no tensor '{STYLES}', of which its metadata speak.\n{EXPORT_HINT}")

    random = sorted({node.op_type for node in _nodes(model) if _is_random(node)})
    if random:
        raise ModelError(
            f"{source} draws random numbers in the graph ({', '.join(random)}), so a seed would not name an image.\n"
            "Expected noise as an input or a constant; take it out of the generator and run 'ganzoo export RUN' again."
        )
    if any(tensor.data_location == TensorProto.EXTERNAL for tensor in _tensors(model)):
        raise ModelError(
            f"{source} keeps weights in another file (external data), which is refused: a model is one file.\n"
            "Run 'ganzoo export RUN', which writes a single file."
        )


def expected_inputs(metadata: ModelMetadata) -> Signature:
    """The inputs a model with this metadata has. ``truncation`` is a scalar, or one number for each image; 1 is off."""
    inputs: Signature = {"z": (TensorProto.FLOAT, (None, metadata.latent.dim))}
    if metadata.classes is not None:
        inputs["label"] = (TensorProto.INT64, (None,))
    if metadata.truncation is not None:
        inputs["truncation"] = (TensorProto.FLOAT, (None,) if metadata.truncation_per_image else ())
    return inputs


def expected_outputs(metadata: ModelMetadata) -> Signature:
    """The one output: uint8 (n, h, w, c) or (n, c, h, w), or float32 (n, c, h, w) in [-1, 1]."""
    image = metadata.image
    elem_type = TensorProto.UINT8 if metadata.output == "uint8" else TensorProto.FLOAT
    if metadata.layout == "nhwc":
        return {"images": (elem_type, (None, image.height, image.width, image.channels))}
    return {"images": (elem_type, (None, image.channels, image.height, image.width))}


def feed(
    metadata: ModelMetadata,
    z: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64] | None = None,
    truncation: float | None = None,
) -> dict[str, npt.NDArray[Any]]:
    """What to run a model with, by the names of its inputs: z (n, z_dim), labels (n,); no truncation is 1."""
    size = (len(z),) if metadata.truncation_per_image else ()
    strength = np.full(size, 1.0 if truncation is None else truncation, dtype=np.float32)
    given: dict[str, Any] = {"z": z, "label": labels, "truncation": strength}
    return {name: given[name] for name in expected_inputs(metadata)}


def _check_values(kind: str, found: Iterable[ValueInfoProto], expected: Signature, source: str) -> None:
    signature = {value.name: _signature(value) for value in found}
    for name, (elem_type, shape) in expected.items():
        wanted = _show(elem_type, shape)
        if name not in signature:
            raise ModelError(f"{source} has no {kind} '{name}': expected {wanted}.\n{EXPORT_HINT}")
        found_type, found_shape = signature[name]
        # A symbolic dimension where we expect a number is let through: it is checked when the model first runs. The
        # other way round would fix the batch size.
        fits = found_shape is not None and len(found_shape) == len(shape)
        fits = fits and all(f is None or f == e for f, e in zip(found_shape or (), shape, strict=True))
        if found_type != elem_type or not fits:
            raise ModelError(
                f"{source} has {kind} '{name}' as {_show(found_type, found_shape)}: expected {wanted}.\n{EXPORT_HINT}"
            )
    extra = sorted(signature.keys() - expected.keys())
    if extra:
        raise ModelError(
            f"{source} has {kind}s its metadata does not speak of: {', '.join(extra)}. "
            f"Expected {', '.join(expected)} only.\n{EXPORT_HINT}"
        )


def _signature(value: ValueInfoProto) -> tuple[int, tuple[Dim, ...] | None]:
    tensor = value.type.tensor_type
    if not tensor.HasField("shape"):
        return tensor.elem_type, None
    return tensor.elem_type, tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor.shape.dim)


def _show(elem_type: int, shape: tuple[Dim, ...] | None) -> str:
    try:
        name = onnx.helper.tensor_dtype_to_string(elem_type).removeprefix("TensorProto.").lower()
    except KeyError:  # no type of ONNX's, or no tensor at all
        name = f"type {elem_type}"
    if shape is None:
        return f"{name} of unknown shape"
    return f"{name} ({', '.join('n' if size is None else str(size) for size in shape)})"


def _nodes(model: ModelProto) -> Iterator[NodeProto]:
    """Every node: of the graph, of the bodies of If, Loop and Scan, and of local functions."""
    stack = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    defaults = [attribute for function in model.functions for attribute in function.attribute_proto]
    stack.extend(inner for graph in _graphs(defaults) for inner in graph.node)
    while stack:
        node = stack.pop()
        yield node
        stack.extend(inner for graph in _graphs(node.attribute) for inner in graph.node)


def _is_random(node: NodeProto) -> bool:
    # Dropout draws where its third input, the training mode, is true, and only then has anybody reason to give one.
    return node.op_type in RANDOM_OPERATORS or (
        node.op_type == "Dropout" and len(node.input) > 2 and node.input[2] != ""
    )


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Every stored tensor: initializers and constants, wherever they are."""
    graphs = [model.graph]
    for node in _nodes(model):
        graphs.extend(_graphs(node.attribute))
        for attribute in node.attribute:
            if attribute.type == AttributeProto.TENSOR:
                yield attribute.t
            yield from attribute.tensors
            yield from (
                part for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors) for part in _parts(sparse)
            )
    for graph in graphs:
        yield from graph.initializer
        yield from (part for sparse in graph.sparse_initializer for part in _parts(sparse))


def _parts(sparse: onnx.SparseTensorProto) -> tuple[TensorProto, TensorProto]:
    return sparse.values, sparse.indices


def _graphs(attributes: Iterable[AttributeProto]) -> Iterator[GraphProto]:
    for attribute in attributes:
        if attribute.type == AttributeProto.GRAPH:
            yield attribute.g
        yield from attribute.graphs
