"""What torch computes from the file is what ONNX Runtime computes, and its gradient is that of the function."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from ganzoo import ConfigError
from ganzoo.export.half import halved
from ganzoo.registry import get_registry
from ganzoo_inversion.graph import OPERATORS, TorchGraph
from ganzoo_serve.runtime import create_session
from ganzoo_serve.testing import make_metadata

ARCHITECTURES = [
    (record.name, classes)
    for record in get_registry().architectures
    for classes in ((0, 3) if record.conditional else (0,))
]


def feed(batch, num_classes):
    torch.manual_seed(batch)
    inputs = {"z": torch.randn(batch, 4)}
    return inputs | ({"label": torch.arange(batch) % num_classes} if num_classes else {})


def runtime(model, inputs):
    session = create_session(model.SerializeToString(), device="cpu")
    return session.run(None, {name: np.asarray(value) for name, value in inputs.items()})


def unrounded(model):
    """The model without its last rounding and cast."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    for node in model.graph.node:
        if node.op_type == "Round":
            node.op_type = "Identity"
        if node.op_type == "Cast" and node.attribute[0].i == TensorProto.UINT8:
            node.attribute[0].i = TensorProto.FLOAT
    del model.graph.value_info[:]
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.FLOAT
    return model


def agrees(model, num_classes=0):
    graph = TorchGraph(model, source="the model")
    for batch in (1, 3):
        inputs = feed(batch, num_classes)
        (expected,) = runtime(unrounded(model), inputs)
        assert expected.dtype == np.float32
        assert expected.std() > 1
        with torch.no_grad():
            torch.testing.assert_close(graph(**inputs)["images"], torch.from_numpy(expected), rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize(("architecture", "num_classes"), ARCHITECTURES)
def test_every_architecture_is_as_the_runtime_draws_it(architecture, num_classes, exported):
    agrees(exported(architecture, num_classes), num_classes)


@pytest.mark.parametrize("norm", ["instance", "layer"])
def test_norms_that_stay_in_the_graph_are_as_the_runtime_draws_them(norm, exported):
    agrees(exported("dcgan", 0, **{"arch.norm_g": norm}))


def test_bytes_come_as_floats_within_half_of_them_and_keep_their_gradient(exported):
    model = exported("dcgan")
    inputs = feed(3, 0)
    inputs["z"].requires_grad_()
    images = TorchGraph(model, source="the model")(**inputs)["images"]
    assert images.dtype == torch.float32
    (expected,) = runtime(model, {"z": inputs["z"].detach()})
    assert np.abs(images.detach().numpy() - expected).max() <= 0.5 + 1e-3
    assert (images.detach() != images.detach().round()).any()
    (gradient,) = torch.autograd.grad(images.sum(), inputs["z"])
    assert (gradient != 0).all()


@pytest.mark.parametrize("architecture", ["dcgan", "transgan"])
def test_half_precision_is_computed_in_float32_and_lets_gradients_through(architecture, exported):
    model = halved(exported(architecture), make_metadata(size=16))
    assert TensorProto.FLOAT16 in {tensor.data_type for tensor in model.graph.initializer}
    inputs = feed(3, 0)
    inputs["z"].requires_grad_()
    graph = TorchGraph(model, source="the model")
    assert torch.float16 not in {buffer.dtype for buffer in graph.buffers()}
    images = graph(**inputs)["images"]
    assert images.dtype == torch.float32
    (expected,) = runtime(unrounded(model), {"z": inputs["z"].detach()})
    assert np.abs(images.detach().numpy() - expected).max() <= 1
    (gradient,) = torch.autograd.grad(images.sum(), inputs["z"])
    assert (gradient != 0).all()


@pytest.mark.parametrize(("architecture", "num_classes"), ARCHITECTURES)
def test_gradients_agree_with_finite_differences(architecture, num_classes, exported):
    model = exported(architecture, num_classes)
    graph = TorchGraph(model, source="the model").double()
    inputs = feed(2, num_classes)
    others = {name: value for name, value in inputs.items() if name != "z"}
    weights = torch.randn(2, 16, 16, 3, dtype=torch.float64)
    z = inputs["z"].double().requires_grad_()

    def value(latents):
        return (graph(z=latents, **others)["images"] * weights).sum()

    (gradient,) = torch.autograd.grad(value(z), z)
    direction = torch.randn(z.shape, dtype=torch.float64)
    with torch.no_grad():
        difference = (value(z + 1e-7 * direction) - value(z - 1e-7 * direction)) / 2e-7  # rectifiers bend nearby
    torch.testing.assert_close(difference, (gradient * direction).sum(), rtol=1e-4, atol=1e-4)
    assert difference.abs() > 1


FLOATS = TensorProto.FLOAT


def one_node(op, inputs, *, outputs=1, opset=20, **attributes):
    """A model of one node; the first input is x, the rest are stored."""
    names = ["x", *(f"given{i}" if value is not None else "" for i, value in enumerate(inputs[1:]))]
    stored = [numpy_helper.from_array(np.asarray(v), n) for n, v in zip(names[1:], inputs[1:], strict=True) if n]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, results, **attributes)
    value = helper.make_tensor_value_info("x", helper.np_dtype_to_tensor_dtype(inputs[0].dtype), inputs[0].shape)
    ends = [onnx.ValueInfoProto(name=name) for name in results]
    graph = helper.make_graph([node], "one", [value], ends, stored)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)


X = np.random.default_rng(0).standard_normal((2, 4, 6, 6)).astype(np.float32)
V = X[:, :, 0, 0]
W = X[0, :, :3, :3].reshape(4, 1, 3, 3)
C = np.abs(X[0, :, 0, 1]) + 0.5
I64 = np.int64
ELEMENTARY = (
    "Abs Ceil Cos Erf Exp Floor HardSwish Mish Neg Reciprocal Relu Round Sigmoid Sign Sin Softplus Softsign Tanh"
)
CASES = [
    *((op, [X], {}) for op in ELEMENTARY.split()),
    *((op, [np.abs(X) + 0.1], {}) for op in ("Log", "Sqrt")),
    *((op, [X, X[:1] + 1], {}) for op in ("Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum", "Greater", "Less")),
    *((op, [X, X[:, :1]], {}) for op in ("Equal", "GreaterOrEqual", "LessOrEqual", "PRelu")),
    *((f"Reduce{how}", [X, I64([1, -1])], {"keepdims": k}) for how in ("Max", "Mean", "Min", "Sum", "L2") for k in (0, 1)),
    ("ReduceSumSquare", [X], {}),
    ("ReduceSum", [X], {"noop_with_empty_axes": 1}),
    *((op, [X], {"alpha": 0.3}) for op in ("LeakyRelu", "Elu", "HardSigmoid")),
    ("Selu", [X], {}),
    *(("Gelu", [X], {"approximate": how}) for how in ("none", "tanh")),
    *((op, [X], {"axis": axis}) for op in ("Softmax", "LogSoftmax") for axis in (1, -1)),
    ("Clip", [X, np.float32(-0.5), np.float32(0.25)], {}),
    ("Clip", [X, None, np.float32(0.25)], {}),
    ("Pow", [np.abs(X), np.float32(1.5)], {}),
    ("Mod", [np.arange(-4, 5), I64([3])], {}),
    ("Div", [np.arange(-4, 5), I64([3])], {}),
    ("Mod", [X, np.float32([0.7])], {"fmod": 1}),
    ("Cast", [X], {"to": TensorProto.INT64}),
    ("Where", [X > 0, X, -2 * X], {}),
    ("Not", [X > 0], {}),
    *((op, [X > 0, X > 0.5], {}) for op in ("And", "Or")),
    ("Concat", [X, X + 1], {"axis": 1}),
    ("DepthToSpace", [X], {"blocksize": 2}),
    ("DepthToSpace", [X], {"blocksize": 2, "mode": "CRD"}),
    ("Dropout", [X], {}),
    ("Expand", [X[:, :1], I64([2, 4, 1, 1])], {}),
    ("Flatten", [X], {"axis": 2}),
    ("Flatten", [X], {"axis": -1}),
    ("Gather", [X, I64([[0, -1], [2, 2]])], {"axis": 1}),
    ("Gather", [X, I64(1)], {"axis": -1}),
    ("Identity", [X], {}),
    ("OneHot", [I64([0, 2, -1]), I64(4), np.float32([-1, 2])], {}),
    ("OneHot", [I64([0, 2, -1]), I64(4), np.float32([0, 1])], {"axis": 0}),
    *(("Pad", [X, I64([0, 0, 1, 2, 0, 0, 2, 1])], {"mode": how}) for how in ("constant", "reflect", "edge")),
    ("Pad", [X, I64([1, 2]), np.float32(3), I64([-1])], {}),
    ("Reshape", [X, I64([0, 2, -1])], {}),
    ("Shape", [X], {"start": 1}),
    ("Size", [X], {}),
    ("Slice", [X, I64([1, -1]), I64([3, -5]), I64([1, 3]), I64([1, -2])], {}),
    ("Slice", [X, I64([5]), I64([-1000]), I64([2]), I64([-1])], {}),
    ("Squeeze", [X[:, :1], I64([1])], {}),
    ("Squeeze", [X[:1, :1]], {}),
    ("Tile", [V, I64([2, 3])], {}),
    ("Transpose", [X], {}),
    ("Transpose", [X], {"perm": [0, 2, 3, 1]}),
    ("Unsqueeze", [V, I64([0, -1])], {}),
    ("ConstantOfShape", [I64([2, 3])], {"value": numpy_helper.from_array(np.float32([1.5]))}),
    ("Range", [I64(2), I64(11), I64(3)], {}),
    ("AveragePool", [X], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("AveragePool", [X], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    ("MaxPool", [X], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}),
    ("GlobalAveragePool", [X], {}),
    ("GlobalMaxPool", [X], {}),
    ("BatchNormalization", [X, C, C - 1, C + 1, C], {"epsilon": 0.1}),
    ("InstanceNormalization", [X, C, C - 1], {"epsilon": 0.1}),
    ("InstanceNormalization", [X[:, :, 0], C, C - 1], {}),
    ("LayerNormalization", [X, X[0, 0], X[0, 1]], {"axis": 2}),
    ("LayerNormalization", [V, C], {}),
    ("Conv", [X, W, C], {"group": 4, "strides": [2, 1], "pads": [0, 1, 2, 0], "dilations": [1, 2]}),
    ("Conv", [X[:, :, 0], X[:3, :, :2, 0]], {"pads": [1, 1]}),
    ("ConvTranspose", [X, W, C], {"group": 4, "strides": [2, 3], "pads": [1, 1, 1, 1], "output_padding": [1, 0]}),
    ("ConvTranspose", [X, W], {"group": 4, "strides": [2, 2], "pads": [0, 1, 2, 0]}),
    ("Einsum", [V, V], {"equation": "ij,kj->ik"}),
    ("Gemm", [V, V, V[0, :2]], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
    ("Gemm", [V, V], {"transA": 1}),
    ("MatMul", [X, X[0, 0]], {}),
    ("Resize", [X, None, np.float32([1, 1, 2, 2])], {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}),
    ("Resize", [X, None, None, I64([2, 4, 12, 18])], {"mode": "nearest"}),
    ("Resize", [X, None, None, I64([2, 4, 9, 4])], {"mode": "linear"}),
    ("Resize", [X, None, None, I64([2, 4, 9, 4])], {"mode": "linear", "coordinate_transformation_mode": "align_corners"}),
    ("Resize", [X, None, np.float32([1, 1, 2, 2])], {"mode": "cubic", "cubic_coeff_a": -0.75}),
]  # fmt: skip


@pytest.mark.parametrize(("op", "inputs", "attributes"), CASES, ids=[f"{case[0]}-{i}" for i, case in enumerate(CASES)])
def test_an_operator_is_as_the_runtime_computes_it(op, inputs, attributes):
    model = one_node(op, [np.asarray(value) if value is not None else None for value in inputs], **attributes)
    expected = runtime(model, {"x": np.asarray(inputs[0])})
    got = list(TorchGraph(model, source="the model")(x=torch.from_numpy(np.array(inputs[0]))).values())
    for wanted, tensor in zip(expected, got, strict=True):
        assert tensor.shape == wanted.shape
        torch.testing.assert_close(tensor, torch.from_numpy(np.array(wanted)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("inputs", "outputs", "attributes", "opset"),
    [
        ([X, I64([1, 3])], 2, {"axis": 1}, 20),
        ([X], 2, {"axis": 2, "num_outputs": 2}, 20),
        ([X], 4, {"axis": 1, "num_outputs": 4}, 20),
        ([X], 2, {"axis": 1, "split": [3, 1]}, 11),
    ],
)
def test_a_split_has_all_its_parts(inputs, outputs, attributes, opset):
    model = one_node("Split", inputs, outputs=outputs, opset=opset, **attributes)
    expected = runtime(model, {"x": X})
    got = TorchGraph(model, source="the model")(x=torch.from_numpy(X))
    assert len(got) == len(expected) == outputs
    for wanted, tensor in zip(expected, got.values(), strict=True):
        assert np.array_equal(tensor.numpy(), wanted)


@pytest.mark.parametrize("each", [2, 4], ids=["one scale a group", "one scale a channel"])
def test_group_norm_is_that_of_torch(each):
    scale, bias = torch.from_numpy(C[:each]), torch.from_numpy(C[:each] - 1)
    model = one_node(
        "GroupNormalization", [X, scale.numpy(), bias.numpy()], num_groups=2, opset=18 if each == 2 else 21
    )
    (got,) = TorchGraph(model, source="the model")(x=torch.from_numpy(X)).values()
    repeated = (part.repeat_interleave(4 // each) for part in (scale, bias))
    torch.testing.assert_close(got, torch.nn.functional.group_norm(torch.from_numpy(X), 2, *repeated))


def test_every_operator_of_the_table_is_tried():
    tried = {case[0] for case in CASES} | {"Split", "GroupNormalization", "Constant"}
    assert set(OPERATORS) == tried


@pytest.mark.parametrize(
    ("attributes", "expected"), [({"value_ints": [1, 2]}, [1, 2]), ({"value_float": 0.5}, 0.5), ({"value_int": 3}, 3)]
)
def test_a_constant_may_be_written_in_several_ways(attributes, expected):
    nodes = [helper.make_node("Constant", [], ["c"], **attributes), helper.make_node("Mul", ["x", "c"], ["y"])]
    ends = [onnx.ValueInfoProto(name=name) for name in ("x", "y")]
    model = helper.make_model(helper.make_graph(nodes, "two", ends[:1], ends[1:]))
    assert TorchGraph(model, source="the model")(x=torch.tensor(2.0))["y"].tolist() == (2 * np.array(expected)).tolist()


def test_a_rounding_amid_the_graph_rounds_and_lets_gradients_through():
    x = torch.tensor([0.2, 1.7], requires_grad=True)
    (y,) = TorchGraph(one_node("Round", [x.detach().numpy()]), source="the model")(x=x).values()
    assert y.tolist() == [0.0, 2.0]
    assert torch.autograd.grad(y.sum(), x)[0].tolist() == [1.0, 1.0]


def test_local_functions_are_opened():
    body = [helper.make_node("Tanh", ["a"], ["b"])]
    function = helper.make_function("local", "Squash", ["a"], ["b"], body, [helper.make_opsetid("", 20)])
    node = helper.make_node("Squash", ["x"], ["y"], domain="local")
    ends = [helper.make_tensor_value_info(name, FLOATS, [2]) for name in ("x", "y")]
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("local", 1)]
    graph = helper.make_graph([node], "one", ends[:1], ends[1:])
    model = helper.make_model(graph, functions=[function], opset_imports=opsets)
    x = torch.tensor([0.5, -1.0])
    torch.testing.assert_close(TorchGraph(model, source="the model")(x=x)["y"], x.tanh())


def test_an_unknown_operator_is_named_with_its_file():
    with pytest.raises(ConfigError, match=r"strange\.onnx uses the ONNX operator Det, through which no gradient"):
        TorchGraph(one_node("Det", [X]), source="strange.onnx")


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "form"),
    [
        ("Conv", [X, W], {"group": 4, "auto_pad": "SAME_UPPER"}, "auto_pad SAME_UPPER"),
        ("Pad", [X, I64([0] * 8)], {"mode": "wrap"}, "mode wrap"),
        ("Resize", [X, None, None, I64([2, 4, 9, 9])], {"mode": "nearest"}, "mode nearest, half_pixel"),
        ("MaxPool", [X], {"kernel_shape": [2, 2], "ceil_mode": 1}, "ceil_mode"),
        ("ConvTranspose", [X, W], {"group": 4, "output_shape": [9, 9]}, "output_shape"),
        ("BatchNormalization", [X, C, C, C, C], {"training_mode": 1}, "training_mode"),
    ],
)
def test_a_form_of_an_operator_that_is_not_computed_is_named(op, inputs, attributes, form):
    with pytest.raises(ConfigError, match=form):
        TorchGraph(one_node(op, inputs, **attributes), source="m.onnx")(x=torch.from_numpy(X))
