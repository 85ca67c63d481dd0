"""Sessions, with a runtime that pretends to have a GPU."""

import logging

import pytest

from ganzoo_serve import devices, runtime, tensorrt
from ganzoo_serve.devices import CPU, CUDA, TENSORRT
from ganzoo_serve.errors import DeviceError, ModelError
from ganzoo_serve.generator import Generator
from ganzoo_serve.graph import expected_inputs
from ganzoo_serve.testing import make_metadata


class Pretended:
    """ONNX Runtime as far as a session needs it: on which providers it "really" runs, and which of them fail."""

    def __init__(self, monkeypatch, *, runs_on=None, failing=()):
        self.runs_on, self.failing, self.asked, self.fallbacks = runs_on, failing, [], []
        monkeypatch.setattr(devices, "has_nvidia_driver", lambda: True)
        monkeypatch.setattr(runtime.ort, "get_available_providers", lambda: [TENSORRT, CUDA, CPU])
        monkeypatch.setattr(runtime.ort, "preload_dlls", lambda: None)
        monkeypatch.setattr(runtime.ort, "InferenceSession", self.session)
        monkeypatch.setattr(tensorrt, "version", lambda: "10.13.3")

    def session(self, model, options, *, providers, enable_fallback):
        names = [name for name, _ in providers]
        self.asked.append(dict(providers))
        self.fallbacks.append(enable_fallback)
        if names[0] in self.failing:
            raise RuntimeError("CUDA failure 35\nat a place")
        runs_on = self.runs_on or names

        class Session:
            def get_providers(self):
                return runs_on

        return Session()


def test_a_device_is_used_or_refused_never_replaced(monkeypatch):
    for device, name in (("cuda", "CUDA"), ("tensorrt", "TensorRT")):
        Pretended(monkeypatch)
        assert runtime.session_device(runtime.create_session(b"", device=device)) == device
        Pretended(monkeypatch, runs_on=[CPU])
        with pytest.raises(DeviceError, match=f"{name} was asked for, but its libraries could not be loaded"):
            runtime.create_session(b"", device=device)
    Pretended(monkeypatch, runs_on=[CUDA, CPU])
    with pytest.raises(DeviceError, match="TensorRT was asked for"):
        runtime.create_session(b"", device="tensorrt")


def test_onnx_runtime_never_goes_on_with_the_cpu_by_itself(monkeypatch):
    pretended = Pretended(monkeypatch)
    for device in devices.DEVICES:
        runtime.create_session(b"", device=device)
    assert pretended.fallbacks == [0] * len(devices.DEVICES)


def test_auto_takes_the_cpu_and_says_so_where_the_gpu_fails(monkeypatch, caplog):
    Pretended(monkeypatch, failing=(CUDA,))
    with caplog.at_level(logging.WARNING):
        session = runtime.create_session(b"", device="auto", source="a.onnx")
    assert runtime.session_device(session) == "cpu"
    assert "a.onnx runs on the CPU, since the GPU failed: " in caplog.text
    assert "CUDA failure 35" in caplog.text
    with pytest.raises(ModelError, match="CUDA failure 35"):
        runtime.create_session(b"", device="cuda")


def test_auto_says_once_that_a_gpu_is_not_used_for_want_of_libraries(monkeypatch, caplog):
    runtime._warn_once.cache_clear()
    Pretended(monkeypatch, runs_on=[CPU])
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert runtime.session_device(runtime.create_session(b"", device="auto")) == "cpu"
    assert caplog.text.count("CUDA's libraries could not be loaded: models run on the CPU.") == 1


def test_tensorrt_is_told_of_the_batches_and_where_to_keep_engines(monkeypatch, tmp_path):
    monkeypatch.setattr(tensorrt, "caches", lambda: tmp_path)
    pretended = Pretended(monkeypatch)
    runtime.create_session(b"", device="tensorrt", batches=(expected_inputs(make_metadata()), (1, 64)))
    options = pretended.asked[0][TENSORRT]
    assert options["trt_profile_max_shapes"] == "z:64x4"
    assert options["trt_engine_cache_path"].startswith(str(tmp_path / "10.13.3"))


def test_tensorrt_without_its_libraries_is_refused(monkeypatch):
    Pretended(monkeypatch)
    monkeypatch.setattr(tensorrt, "version", lambda: None)
    with pytest.raises(
        DeviceError, match=r"TensorRT was asked for, but its libraries were not found\.\n.*tensorrt-cu13"
    ):
        runtime.create_session(b"", device="tensorrt")


def test_what_pixels_may_depend_on_names_the_version_of_tensorrt(monkeypatch):
    Pretended(monkeypatch)
    for device, ending in (("cpu", "-cpu"), ("cuda", "-cuda"), ("tensorrt", "-tensorrt-10.13.3")):
        assert runtime.describe(runtime.create_session(b"", device=device)).endswith(ending)


def test_threads_are_one_for_each_core_and_one_to_wait_for_a_gpu(monkeypatch):
    monkeypatch.setattr(runtime, "usable_cores", lambda: 4)
    Pretended(monkeypatch)
    assert [runtime.worker_count(device) for device in ("cpu", "auto", "cuda", "tensorrt")] == [4, 5, 5, 5]


@pytest.mark.skipif(devices.has_nvidia_driver(), reason="has a GPU")
def test_a_gpu_that_is_not_there_fails_loudly(model_dir):
    for device in ("cuda", "tensorrt"):
        with pytest.raises(DeviceError, match=r"was asked for, but .*\n.*--device cpu"):
            Generator.load(model_dir / "plain.onnx", device=device)
