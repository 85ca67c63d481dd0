"""Directions, against eigenvectors and regressions written out."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from ganzoo import ConfigError
from ganzoo_latents.cut import Graph
from ganzoo_latents.directions import find_directions, principal, regressed, sefa
from ganzoo_latents.space import Z
from ganzoo_latents.weights import weights_on
from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model

RANDOM = np.random.default_rng(0)


def test_sefa_gives_the_axes_along_which_a_linear_map_stretches_most():
    turn, _ = np.linalg.qr(RANDOM.standard_normal((3, 3)))
    stretch = RANDOM.standard_normal((7, 3))
    _, lengths, axes = np.linalg.svd(stretch @ turn)
    vectors, values = sefa(stretch @ turn)
    np.testing.assert_allclose(values, lengths**2)
    np.testing.assert_allclose(np.abs((vectors * axes).sum(1)), 1, atol=1e-10)


def test_principal_axes_are_those_of_the_covariance():
    points = RANDOM.standard_normal((500, 3)) * [1, 5, 2] + 7
    vectors, variances = principal(points)
    np.testing.assert_allclose(np.abs(vectors), np.eye(3)[[1, 2, 0]], atol=0.1)
    np.testing.assert_allclose(variances, sorted(points.var(0), reverse=True), rtol=0.02)


def test_regressed_directions_move_features_along_their_principal_axes():
    z = RANDOM.standard_normal((4000, 4))
    mapped = RANDOM.standard_normal((10, 4))
    vectors, variances = regressed(z, z @ mapped.T)
    expected, values = sefa(mapped)  # of a linear map both are the same
    assert np.abs((vectors * expected).sum(1)).min() > 0.98
    np.testing.assert_allclose(variances, values, rtol=0.1)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1)


def model(tmp_path, nodes, weights, *, z_dim=4, label=False):
    """A model file of these nodes, whose last output is ``out``."""
    inputs = [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", z_dim])]
    if label:
        inputs.append(helper.make_tensor_value_info("label", TensorProto.INT64, ["n"]))
    graph = helper.make_graph(
        nodes,
        "g",
        inputs,
        [helper.make_tensor_value_info("out", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in weights.items()],
    )
    path = tmp_path / "m.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), path)
    return Graph(path)


def node(kind, inputs, output, **attributes):
    return helper.make_node(kind, inputs, [output] if isinstance(output, str) else output, **attributes)


A = RANDOM.standard_normal((4, 6)).astype(np.float32)


@pytest.mark.parametrize(
    ("nodes", "weights", "expected"),
    [
        ([node("Gemm", ["z", "A"], "out")], {"A": A}, A.T),
        ([node("Gemm", ["z", "A"], "out", transB=1)], {"A": A.T.copy()}, A.T),
        ([node("MatMul", ["z", "A"], "out")], {"A": A}, A.T),
        (
            [node("Unsqueeze", ["z", "axes"], "x"), node("ConvTranspose", ["x", "A"], "out")],
            {"A": A.reshape(4, 3, 1, 2), "axes": np.int64([2, 3])},
            A.T,
        ),
        (
            [node("Reshape", ["z", "shape"], "x"), node("Conv", ["x", "A"], "out")],
            {"A": A.T.copy().reshape(6, 4, 1, 1), "shape": np.int64([-1, 4, 1, 1])},
            A.T,
        ),
        (
            [node("Split", ["z", "sizes"], ["a", "b"], axis=1), node("MatMul", ["b", "A"], "out")],
            {"A": A[:3], "sizes": np.int64([1, 3])},
            np.concatenate([np.zeros((1, 6)), A[:3]]).T,
        ),
        (
            [node("Slice", ["z", "begin", "end", "axes"], "x"), node("MatMul", ["x", "A"], "out")],
            {"A": A[:2], "begin": np.int64([1]), "end": np.int64([3]), "axes": np.int64([1])},
            np.concatenate([np.zeros((1, 6)), A[:2], np.zeros((1, 6))]).T,
        ),
        (
            [
                node("Gather", ["table", "label"], "e"),
                node("Concat", ["e", "z"], "x", axis=1),
                node("MatMul", ["x", "A"], "out"),
            ],
            {"table": np.zeros((3, 2), np.float32), "A": np.concatenate([9 * A[:2], A])},
            A.T,
        ),
        ([node("Relu", ["z"], "x"), node("MatMul", ["x", "A"], "out")], {"A": A}, np.zeros((0, 4))),
        ([node("Mul", ["z", "z"], "x"), node("MatMul", ["x", "A"], "out")], {"A": A}, np.zeros((0, 4))),
        (
            [node("Gather", ["z", "i"], "x", axis=1), node("MatMul", ["x", "A"], "out")],
            {"A": A[:2], "i": np.int64([0, 3])},
            np.zeros((0, 4)),
        ),
    ],
)
def test_the_weights_that_meet_a_latent_are_found_wherever_its_numbers_went(tmp_path, nodes, weights, expected):
    graph = model(tmp_path, nodes, weights, label="table" in weights)
    np.testing.assert_allclose(weights_on(graph, "z", 4), expected, rtol=1e-6)


@pytest.fixture(params=[None, ("ant", "bee")], ids=["plain", "classes"])
def file(request, tmp_path):
    return write_model(tmp_path / "m.onnx", make_metadata(size=16, z_dim=6, classes=request.param), width=8)


def test_both_methods_find_directions_of_length_1_in_order(file):
    generator = Generator.load(file, device="cpu")
    for method in ("sefa", "pca"):
        found = find_directions(generator, Graph(file), Z(generator), method=method, count=4, device="cpu")
        assert found.method == method
        assert found.vectors.shape == (4, 6)
        np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1)
        assert (np.diff(found.shares) <= 0).all()
        assert 0 < found.shares.sum() <= 1
        np.testing.assert_allclose(found.deviations, 1, atol=0.1)  # normal latents in every direction
        assert (found.vectors.max(1) >= -found.vectors.min(1)).all()


def test_sefa_is_taken_where_the_weights_are_seen_and_moves_images_more_than_the_weakest_direction(file):
    generator = Generator.load(file, device="cpu")
    space = Z(generator)
    found = find_directions(generator, Graph(file), space, method=None, count=6, device="cpu")
    assert found.method == "sefa"
    seeds = range(40)
    labels, z = generator.labels(seeds), space.points(seeds, None, None)
    still = space.images(z, labels, None).astype(float)
    moved = [np.abs(space.images((z + v).astype(np.float32), labels, None) - still).mean() for v in found.vectors]
    assert moved[0] > 1.2 * moved[-1]


def test_sefa_of_a_graph_that_hides_its_weights_is_refused(tmp_path, monkeypatch):
    file = write_model(
        tmp_path / "m.onnx", make_metadata(size=16, z_dim=6, truncation="z"), width=8
    )  # z is multiplied first
    generator = Generator.load(file, device="cpu")
    assert find_directions(generator, Graph(file), Z(generator), method=None, count=2, device="cpu").method == "pca"
    with pytest.raises(ConfigError, match="use '--method pca'"):
        find_directions(generator, Graph(file), Z(generator), method="sefa", count=2, device="cpu")


@pytest.mark.parametrize("value", [0.0, float("nan")])
@pytest.mark.parametrize("method", ["sefa", "pca"])
def test_a_model_whose_latents_change_nothing_is_refused(tmp_path, file, method, value):
    dead, document = tmp_path / "dead.onnx", onnx.load(file)
    for weight in document.graph.initializer:
        if len(weight.dims) > 1:
            weight.CopyFrom(numpy_helper.from_array(np.full(tuple(weight.dims), value, np.float32), weight.name))
    onnx.save(document, dead)
    generator = Generator.load(dead, device="cpu")
    with pytest.raises(ConfigError, match=f"no directions by {method}"):
        find_directions(generator, Graph(dead), Z(generator), method=method, count=2, device="cpu")
