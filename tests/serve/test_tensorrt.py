import stat
import sys

from ganzoo_serve import tensorrt
from ganzoo_serve.graph import expected_inputs
from ganzoo_serve.testing import make_metadata

INPUTS = expected_inputs(make_metadata(z_dim=7, classes=("a", "b"), truncation="z"))


def test_shapes_are_those_of_the_inputs_at_the_smallest_and_the_largest_size(tmp_path):
    options = tensorrt.options(b"model", "10.13.3", INPUTS, (1, 2, 64), caches=tmp_path)
    assert options["trt_profile_min_shapes"] == "z:1x7,label:1"  # the scalar truncation has no shape
    assert options["trt_profile_opt_shapes"] == options["trt_profile_max_shapes"] == "z:64x7,label:64"
    each = expected_inputs(make_metadata(truncation="z", truncation_per_image=True))
    assert tensorrt.options(b"", "10", each, (3,), caches=tmp_path)["trt_profile_min_shapes"] == "z:3x4,truncation:3"


def test_engines_are_kept_by_version_and_model_in_a_folder_of_ones_own(tmp_path):
    def folder(model, version):
        options = tensorrt.options(model, version, INPUTS, (1,), caches=tmp_path / "caches")
        assert options["trt_engine_cache_enable"] == "1"
        return options["trt_engine_cache_path"]

    folders = [folder(model, version) for model in (b"one", b"two") for version in ("10.1.0", "10.2.0")]
    assert len(set(folders)) == 4
    assert folder(b"one", "10.1.0") == folders[0]
    made = tmp_path / "caches" / "10.1.0"
    assert len(list(made.iterdir())) == 2
    if sys.platform != "win32":
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o700 for path in made.iterdir())


def test_caches_lie_with_the_users_caches(monkeypatch, tmp_path):
    monkeypatch.setenv("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME", str(tmp_path))
    assert tensorrt.caches() == tmp_path / "ganzoo" / "tensorrt"


def test_the_version_is_that_of_the_library(monkeypatch):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")  # as it would set it; undone with the rest

    class Library:
        @staticmethod
        def getInferLibVersion():  # noqa: N802 - TensorRT's name
            return 101303

    monkeypatch.setattr(tensorrt.ctypes, "CDLL", lambda name: Library)
    assert tensorrt.version() == "10.13.3"


def test_without_the_library_there_is_no_version(monkeypatch):
    monkeypatch.setenv("NVIDIA_TF32_OVERRIDE", "0")
    monkeypatch.setattr(tensorrt, "_LIBRARY", "libganzoo-has-no-such-library.so")
    assert tensorrt.version() is None
