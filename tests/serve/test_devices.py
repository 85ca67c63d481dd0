"""Which device is taken, and what is said where one cannot be had: without any GPU."""

import pytest

from ganzoo_serve import devices
from ganzoo_serve.devices import CPU, CUDA, TENSORRT, pick, providers
from ganzoo_serve.errors import DeviceError


@pytest.fixture
def driver(monkeypatch):
    monkeypatch.setattr(devices, "has_nvidia_driver", lambda: True)


@pytest.fixture
def no_driver(monkeypatch):
    monkeypatch.setattr(devices, "has_nvidia_driver", lambda: False)


@pytest.mark.usefixtures("driver")
@pytest.mark.parametrize(
    ("device", "available", "where"),
    [
        ("auto", [TENSORRT, CUDA, CPU], "cuda"),  # never TensorRT, which takes minutes to load a model first
        ("auto", [CPU], "cpu"),
        ("cpu", [TENSORRT, CUDA, CPU], "cpu"),
        ("cuda", [TENSORRT, CUDA, CPU], "cuda"),
        ("tensorrt", [TENSORRT, CUDA, CPU], "tensorrt"),
    ],
)
def test_the_device_that_is_taken(device, available, where):
    assert pick(device, available) == where


@pytest.mark.usefixtures("driver")
def test_a_device_that_the_runtime_was_not_built_for_is_refused():
    with pytest.raises(DeviceError, match=r"CUDA was asked for, but this build .* no CUDA\.\n.*\[cuda\].*--device cpu"):
        pick("cuda", [CPU])
    with pytest.raises(DeviceError, match=r"TensorRT was asked for, but this build .* no TensorRT\.\n.*TensorRT 10"):
        pick("tensorrt", [CUDA, CPU])


@pytest.mark.usefixtures("no_driver")
def test_without_a_driver_auto_is_the_cpu_and_the_rest_is_refused():
    assert pick("auto", [TENSORRT, CUDA, CPU]) == "cpu"
    for device in ("cuda", "tensorrt"):
        with pytest.raises(DeviceError, match="but no NVIDIA driver was found"):
            pick(device, [TENSORRT, CUDA, CPU])


def test_every_place_has_the_cpu_behind_it_and_tensorrt_has_cuda():
    assert [[name for name, _ in providers(where)] for where in ("cpu", "cuda", "tensorrt")] == [
        [CPU],
        [CUDA, CPU],
        [TENSORRT, CUDA, CPU],
    ]


def test_a_gpu_computes_in_full_float32_and_records_only_where_asked():
    ((_, plain), _), ((_, recording), _) = providers("cuda"), providers("cuda", graphs=True)
    assert plain["use_tf32"] == "0"
    assert recording == {**plain, "enable_cuda_graph": "1"}
    (_, options), *_ = providers("tensorrt", tensorrt={"trt_engine_cache_enable": "1"})
    assert options == {"trt_fp16_enable": "0", "trt_engine_cache_enable": "1"}


def test_two_onnx_runtimes_are_reported(monkeypatch):
    assert devices.installation_problem() is None
    monkeypatch.setattr(devices, "_installed", lambda distribution: True)
    assert "overwrite each other" in (devices.installation_problem() or "")
    with pytest.raises(DeviceError, match="overwrite each other"):
        pick("cuda", [CPU])
