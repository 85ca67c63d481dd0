"""In half precision a generator takes half the room, makes the same images but for roundings, and is read like any other."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, numpy_helper
from onnx.reference import ReferenceEvaluator
from small_networks import small_options
from torch import nn

from ganzoo import ImageShape
from ganzoo.config import Layer, resolve
from ganzoo.errors import ExportError
from ganzoo.export import export_generator
from ganzoo.export.graph import ExportedGenerator, without_parametrizations
from ganzoo.export.half import LARGEST
from ganzoo.registry import get_registry
from ganzoo.runs.networks import Inputs, build_networks, settled
from ganzoo_serve.generator import Generator
from ganzoo_serve.graph import feed
from ganzoo_serve.metadata import ModelMetadata, read
from ganzoo_serve.testing import make_metadata


def described(**fields) -> ModelMetadata:
    return make_metadata("test", size=16, **{"channels": 1, "precision": "fp16"} | fields)


def generator(architecture, num_classes=0):
    registry = get_registry()
    small = {f"arch.{key}": value for key, value in small_options(registry.architectures.get(architecture)).items()}
    config = resolve(f"{architecture}-ns", registry, [Layer("test", {"z_dim": 4} | small)]).config
    torch.manual_seed(0)
    G, _ = build_networks(config, registry, ImageShape(1, 16, 16), num_classes)
    with torch.no_grad():
        for parameter in G.parameters():
            parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return settled(G, Inputs(4, "normal", (5,) * num_classes, torch.device("cpu")))


def weights(path):
    """Numbers in the file, by their type."""
    counts = {TensorProto.FLOAT: 0, TensorProto.FLOAT16: 0}
    for tensor in onnx.load(path).graph.initializer:
        counts[tensor.data_type] = counts.get(tensor.data_type, 0) + int(np.prod(tensor.dims))
    return counts


@pytest.mark.parametrize(
    ("architecture", "classes", "truncation"),
    [
        ("dcgan", None, None),
        ("mlp", None, None),
        ("biggan", ("a", "b"), "z"),
        ("progressive", None, None),
        ("stylegan2", None, "w"),
        ("transgan", None, None),
    ],
)
def test_generators_are_halved_and_make_the_same_images_in_float16_throughout(
    architecture, classes, truncation, tmp_path
):
    G = generator(architecture, len(classes or ()))
    metadata = described(classes=classes, truncation=truncation)
    reference = ExportedGenerator(without_parametrizations(G), metadata)
    report = export_generator(reference.generator, metadata, tmp_path / "half.onnx")
    assert read(report.path).precision == "fp16"
    assert report.parity.mean <= 0.25
    counts = weights(report.path)
    assert counts[TensorProto.FLOAT16] > counts[TensorProto.FLOAT]
    graph = onnx.load(report.path).graph
    assert {v.type.tensor_type.elem_type for v in graph.input} <= {TensorProto.FLOAT, TensorProto.INT64}
    delicate = {"Softmax", "Sqrt", "Reciprocal", "Tanh", "Pow", "ReduceMean", "LayerNormalization", "Exp", "Erf", "Log"}
    inferred = onnx.shape_inference.infer_shapes(onnx.load(report.path), strict_mode=True).graph
    types = {v.name: v.type.tensor_type.elem_type for v in (*inferred.value_info, *inferred.output)}
    assert {types[node.output[0]] for node in graph.node if node.op_type in delicate} <= {TensorProto.FLOAT}
    assert {types[n.output[0]] for n in graph.node if n.op_type.startswith("Conv")} <= {TensorProto.FLOAT16}
    half = Generator.load(report.path, device="cpu")
    assert all(half.verify_golden().values())
    inputs = feed(half.metadata, half.latents([1, 2]), half.labels([1, 2]))
    # ONNX Runtime has no half arithmetic for most CPUs and computes in float32; this one rounds every result.
    (images,) = ReferenceEvaluator(str(report.path)).run(None, inputs)
    with torch.no_grad():
        expected = reference(**{name: torch.from_numpy(array) for name, array in inputs.items()}).numpy()
    assert np.abs(images.astype(int) - expected).max() <= 2


def test_float_images_stay_float32(tmp_path):
    report = export_generator(generator("mlp"), described(output="float"), tmp_path / "half.onnx")
    assert report.parity.largest < 0.02
    (output,) = onnx.load(report.path).graph.output
    assert output.type.tensor_type.elem_type == TensorProto.FLOAT


class Towering(nn.Module):
    """Two convolutions with numbers beyond float16's between them."""

    def __init__(self):
        super().__init__()
        self.first, self.up = nn.Linear(4, 4 * 256), nn.Conv2d(4, 4, 3, padding=1, bias=False)
        self.down = nn.Conv2d(4, 1, 3, padding=1, bias=False)
        with torch.no_grad():
            self.up.weight.mul_(1e6)
            self.down.weight.mul_(1e-6)

    def forward(self, z, c=None):
        return torch.tanh(self.down(self.up(self.first(z).view(-1, 4, 16, 16))))


def test_what_float16_cannot_hold_stays_float32(tmp_path):
    torch.manual_seed(0)
    report = export_generator(Towering().eval(), described(), tmp_path / "half.onnx")
    graph = onnx.load(report.path).graph
    kept = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    by_operator = {n.op_type: kept[n.input[1]].dtype for n in graph.node if n.op_type in ("Gemm", "Conv")}
    assert by_operator == {"Gemm": np.float16, "Conv": np.float32}
    assert max(float(np.abs(w).max()) for w in kept.values()) > LARGEST
    loaded = Generator.load(report.path, device="cpu")
    z = loaded.latents([1, 2])
    (images,) = ReferenceEvaluator(str(report.path)).run(None, {"z": z})
    assert np.abs(images.astype(int) - loaded.run(z)).max() <= 2


class Steep(nn.Module):
    """Waves so short that roundings of where a pixel lies move it to another."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(4, 256), nn.Linear(256, 256)

    def forward(self, z, c=None):
        return torch.sin(300 * self.second(self.first(z))).view(-1, 1, 16, 16)


class Plain(nn.Module):
    def forward(self, z, c=None):
        return torch.tanh(z[:, :1, None, None] + torch.zeros(1, 1, 16, 16))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (Steep, r"In half precision images differ by \S+ of 255 in the mean.*\n.*leave '--fp16' out"),
        (Plain, r"Nothing in this generator can be computed in half precision"),
    ],
)
def test_a_generator_that_needs_float32_is_refused_in_half_precision_and_nothing_is_written(module, reason, tmp_path):
    torch.manual_seed(0)
    with pytest.raises(ExportError, match=reason):
        export_generator(module().eval(), described(), tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
    export_generator(module().eval(), described(precision="fp32"), tmp_path / "model.onnx")
