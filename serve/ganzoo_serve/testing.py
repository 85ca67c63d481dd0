"""Tiny models for tests of whatever reads exported ones: shaped like a DCGAN, made in milliseconds without torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

from ganzoo_serve.graph import Signature, expected_inputs, expected_outputs
from ganzoo_serve.metadata import Image, Latent, ModelMetadata


def make_metadata(
    name: str = "tiny", *, size: int = 8, channels: Literal[1, 3, 4] = 3, z_dim: int = 4, **fields: Any
) -> ModelMetadata:
    image = Image(height=size, width=size, channels=channels)
    return ModelMetadata(name=name, image=image, latent=Latent(dim=z_dim), **fields)


def make_model(metadata: ModelMetadata, *, width: int = 4, weights_seed: int = 0) -> ModelProto:
    """Gemm to (width, 4, 4), then ConvTranspose to the image size, tanh, and bytes unless the output is float."""
    rng = np.random.default_rng(weights_seed)
    image, z_dim = metadata.image, metadata.latent.dim
    nodes: list[NodeProto] = []
    weights: dict[str, np.ndarray] = {}

    def add(op: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        out = out or f"{op.lower()}{len(nodes)}"
        nodes.append(helper.make_node(op, list(inputs), [out], **attributes))
        return out

    def weight(*shape: int, gain: float = 1.0) -> str:
        name = f"weight{len(weights)}"
        weights[name] = (rng.standard_normal(shape) * gain).astype(np.float32)
        return name

    def constant(value: Any, dtype: type) -> str:
        name = f"constant{len(weights)}"
        weights[name] = np.array(value, dtype=dtype)
        return name

    x = "z"
    if metadata.truncation is not None:
        strength = "truncation"
        if metadata.truncation_per_image:
            strength = add("Unsqueeze", strength, constant([1], np.int64))
        x = add("Mul", x, strength)
    if metadata.classes is not None:
        x = add("Concat", x, add("Gather", weight(len(metadata.classes), z_dim, gain=2.0), "label"), axis=1)
    features = z_dim * (2 if metadata.classes is not None else 1)
    x = add("Gemm", x, weight(features, width * 16), weight(width * 16))
    x = add("Reshape", x, constant([-1, width, 4, 4], np.int64))
    size = 4
    while size * 2 < image.height:
        x = add(
            "Relu", add("ConvTranspose", x, weight(width, width, 4, 4, gain=0.2), strides=[2, 2], pads=[1, 1, 1, 1])
        )
        size *= 2
    x = add("ConvTranspose", x, weight(width, image.channels, 4, 4, gain=0.2), strides=[2, 2], pads=[1, 1, 1, 1])
    if metadata.output == "float":
        add("Tanh", x, out="images")
    else:
        half = constant(127.5, np.float32)
        x = add("Add", add("Mul", add("Tanh", x), half), half)
        x = add("Round", add("Clip", x, constant(0.0, np.float32), constant(255.0, np.float32)))
        if metadata.layout == "nhwc":
            x = add("Transpose", x, perm=[0, 2, 3, 1])
        add("Cast", x, out="images", to=TensorProto.UINT8)

    initializers = [numpy_helper.from_array(array, name) for name, array in weights.items()]
    inputs, outputs = _values(expected_inputs(metadata)), _values(expected_outputs(metadata))
    graph = helper.make_graph(nodes, "generator", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    helper.set_model_props(model, {"ganzoo": metadata.to_json()})
    return model


def _values(signature: Signature) -> list[ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, elem_type, ["n" if size is None else size for size in shape])
        for name, (elem_type, shape) in signature.items()
    ]


def write_model(
    path: Path, metadata: ModelMetadata, *, edit: Callable[[ModelProto], None] | None = None, width: int = 4
) -> Path:
    """Write a model, after ``edit`` has changed it in place."""
    model = make_model(metadata, width=width)
    if edit is not None:
        edit(model)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(model.SerializeToString())
    return path
