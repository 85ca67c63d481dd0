"""Checks that a graph is what its metadata says, before anything runs it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import onnx
from google.protobuf.message import Message  # type: ignore[import-untyped]
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto

from ganzoo_serve.errors import ModelError

if TYPE_CHECKING:  # metadata calls us
    from ganzoo_serve.metadata import ModelMetadata

# They run as often as their inputs say: for as long as they like. No network of ours needs them.
LOOPS = frozenset({"Loop", "Scan", "SequenceMap"})

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
    loops = sorted({node.op_type for node in _nodes(model)} & LOOPS)
    if loops:
        raise ModelError(f"{source} has {', '.join(loops)} in its graph, which may never end: refused.\n{EXPORT_HINT}")
    if any(tensor.data_location == TensorProto.EXTERNAL or tensor.external_data for tensor in _tensors(model)):
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
    """Every node, wherever it is: in the graph, in bodies of other nodes, in functions and their defaults."""
    return (message for message in _messages(model) if isinstance(message, NodeProto))


def _is_random(node: NodeProto) -> bool:
    # Dropout draws where its third input, the training mode, is true, and only then has anybody reason to give one.
    return node.op_type in RANDOM_OPERATORS or (
        node.op_type == "Dropout" and len(node.input) > 2 and node.input[2] != ""
    )


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    """Every stored tensor: initializers, constants, parts of sparse ones, defaults of functions."""
    return (message for message in _messages(model) if isinstance(message, TensorProto))


def _messages(model: ModelProto) -> Iterator[Message]:
    """Every message within the model's: whatever fields the format has or gets, nothing hides from a check."""
    stack: list[Message] = [model]
    while stack:
        message = stack.pop()
        yield message
        if isinstance(message, TensorProto):  # holds no others, but perhaps much that would be copied to look
            continue
        for field, value in message.ListFields():
            if field.type == field.TYPE_MESSAGE:
                stack.extend(value if isinstance(value, Iterable) else [value])
