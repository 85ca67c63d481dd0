"""Triton's own HTTP client against a running server."""

import numpy as np
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from ganzoo_serve.seeds import classes_from_seeds


@pytest.fixture(scope="module")
def triton(address):
    with InferenceServerClient(address) as client:
        yield client


def tensor(name, array, *, binary=True):
    array = np.asarray(array)
    datatype = {"float32": "FP32", "float16": "FP16", "int64": "INT64"}[array.dtype.name]
    made = InferInput(name, list(array.shape), datatype)
    made.set_data_from_numpy(array, binary_data=binary)
    return made


def test_health_and_what_there_is(triton, plain, classy):
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("plain")
    assert triton.is_model_ready("plain.sample", plain.rev)
    assert not triton.is_model_ready("plian")
    assert not triton.is_model_ready("plain", "1")
    assert triton.get_server_metadata()["extensions"] == ["binary_tensor_data", "model_repository", "statistics"]
    assert triton.get_model_metadata("classy") == {
        "name": "classy",
        "versions": [classy.rev],
        "platform": "onnx_onnxv1",
        "inputs": [
            {"name": "z", "datatype": "FP32", "shape": [-1, 4]},
            {"name": "label", "datatype": "INT64", "shape": [-1]},
        ],
        "outputs": [{"name": "images", "datatype": "UINT8", "shape": [-1, 8, 8, 1]}],
    }
    sampler = triton.get_model_metadata("truncated.sample")
    assert [(value["name"], value["datatype"], value["shape"]) for value in sampler["inputs"]] == [
        ("seed", "INT64", [-1]),
        ("truncation", "FP32", [1]),
    ]


@pytest.mark.parametrize("binary_in", [True, False])
@pytest.mark.parametrize("binary_out", [True, False, None])
def test_latents_to_images(triton, classy, binary_in, binary_out):
    z, labels = classy.latents(range(5)), np.array([0, 3, 1, 1, 2])
    inputs = [tensor("label", labels, binary=binary_in), tensor("z", z, binary=binary_in)]
    outputs = None if binary_out is None else [InferRequestedOutput("images", binary_data=binary_out)]
    result = triton.infer("classy", inputs, outputs=outputs, request_id="42")
    images = result.as_numpy("images")
    assert images.dtype == np.uint8
    np.testing.assert_array_equal(images, classy.run(z, labels))
    response = result.get_response()
    assert (response["id"], response["model_name"], response["model_version"]) == ("42", "classy", classy.rev)
    assert ("data" in result.get_output("images")) == (binary_out is False)


@pytest.mark.parametrize("binary", [True, False])
def test_seeds_to_images(triton, classy, truncated, binary):
    seeds = np.array([100, 7, 100, 2**53 - 1])
    result = triton.infer("classy.sample", [tensor("seed", seeds, binary=binary)])
    np.testing.assert_array_equal(result.as_numpy("images"), classy.sample(seeds))
    assert result.as_numpy("class").tolist() == classes_from_seeds(seeds, 4).tolist()

    inputs = [tensor("seed", seeds, binary=binary), tensor("class", np.array([3, 2, 1, 0]), binary=binary)]
    outputs = [
        InferRequestedOutput("class", binary_data=not binary),
        InferRequestedOutput("images", binary_data=binary),
    ]
    result = triton.infer("classy.sample", inputs, model_version=classy.rev, outputs=outputs)
    np.testing.assert_array_equal(result.as_numpy("images"), classy.sample(seeds, classes=[3, 2, 1, 0]))
    assert result.as_numpy("class").tolist() == [3, 2, 1, 0]

    inputs = [tensor("seed", seeds, binary=binary), tensor("truncation", np.float32([0.5]), binary=binary)]
    images = triton.infer("truncated.sample", inputs).as_numpy("images")
    np.testing.assert_array_equal(images, truncated.sample(seeds, truncation=0.5))


def test_half_precision_latents(triton, plain):
    z = plain.latents(range(3)).astype(np.float16)
    images = triton.infer("plain", [tensor("z", z)]).as_numpy("images")
    np.testing.assert_array_equal(images, plain.run(z.astype(np.float32)))


def test_one_tensor_without_json(triton, plain, address):
    import urllib.request

    z = plain.latents(range(3))
    request = urllib.request.Request(
        f"http://{address}/v2/models/plain/infer", z.tobytes(), {"Inference-Header-Content-Length": "0"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        length = int(reply.headers["Inference-Header-Content-Length"])
        result = triton.parse_response_body(reply.read(), header_length=length)
    np.testing.assert_array_equal(result.as_numpy("images"), plain.run(z))


def test_index_and_statistics(triton, plain):
    index = triton.get_model_repository_index()
    assert {"name": "plain.sample", "version": plain.rev, "state": "READY", "reason": ""} in index
    assert len(index) == 8

    def statistics(name):
        (found,) = triton.get_inference_statistics(name)["model_stats"]
        return found

    before = statistics("floaty.sample")
    for _ in range(3):
        triton.infer("floaty.sample", [tensor("seed", np.arange(20))])
    with pytest.raises(InferenceServerException):
        triton.infer("floaty.sample", [tensor("seed", np.array([-1]))])
    after = statistics("floaty.sample")
    assert after["inference_count"] - before["inference_count"] == 60
    assert 3 <= after["execution_count"] - before["execution_count"] <= 60
    assert after["inference_stats"]["success"]["count"] - before["inference_stats"]["success"]["count"] == 3
    assert after["inference_stats"]["fail"]["count"] - before["inference_stats"]["fail"]["count"] == 1
    assert after["inference_stats"]["compute_infer"]["ns"] > before["inference_stats"]["compute_infer"]["ns"]
    assert sum(batch["compute_infer"]["count"] for batch in after["batch_stats"]) == after["execution_count"]
    assert after["last_inference"] > 1.7e12
    assert statistics("floaty")["inference_count"] == after["inference_count"]
    assert [each["name"] for each in triton.get_inference_statistics()["model_stats"]][:2] == [
        "classy",
        "classy.sample",
    ]


@pytest.mark.parametrize(
    ("model", "inputs", "status", "message"),
    [
        ("plian", [tensor("z", np.zeros((1, 4), np.float32))], "404", "Did you mean 'plain'"),
        ("plain", [tensor("zz", np.zeros((1, 4), np.float32))], "400", "no input 'zz'. Did you mean 'z'"),
        ("plain", [tensor("z", np.zeros((1, 5), np.float32))], "400", r"\[1, 5\]: expected \[n, 4\]"),
        ("plain", [tensor("z", np.zeros((1, 4), np.int64))], "400", "is INT64: expected FP32"),
        ("plain", [tensor("z", np.full((1, 4), 101, np.float32))], "422", "within 100 of 0"),
        ("plain", [tensor("z", np.full((1, 4), np.nan, np.float32))], "422", "within 100 of 0"),
        ("plain", [tensor("z", np.zeros((257, 4), np.float32))], "422", "expected 1 ... 256"),
        ("classy", [tensor("z", np.zeros((1, 4), np.float32))], "400", "needs input 'label'"),
        ("classy.sample", [tensor("seed", [1]), tensor("class", [4])], "422", "has 0 ... 3"),
        ("classy.sample", [tensor("seed", [1]), tensor("class", [1, 2])], "400", "is for 2 images, another for 1"),
        ("plain.sample", [tensor("seed", [-1])], "422", "Seed -1 is not an integer in"),
    ],
)
def test_what_is_refused_says_why(triton, model, inputs, status, message):
    with pytest.raises(InferenceServerException, match=message) as caught:
        triton.infer(model, inputs)
    assert caught.value.status() == status


def test_unknown_outputs_compression_and_loading_are_refused(triton):
    seed = [tensor("seed", [1])]
    with pytest.raises(InferenceServerException, match=r"no output 'image'\. Did you mean 'images'"):
        triton.infer("plain.sample", seed, outputs=[InferRequestedOutput("image")])
    with pytest.raises(InferenceServerException, match="There is no classification here"):
        triton.infer("plain.sample", seed, outputs=[InferRequestedOutput("images", class_count=3)])
    with pytest.raises(InferenceServerException, match="compressed"):
        triton.infer("plain.sample", seed, request_compression_algorithm="gzip")
    with pytest.raises(InferenceServerException, match="does not load and unload") as caught:
        triton.load_model("plain")
    assert caught.value.status() == "403"
    with pytest.raises(InferenceServerException, match="does not load and unload"):
        triton.unload_model("plain")
    assert triton.is_model_ready("plain")
