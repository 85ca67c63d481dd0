"""ONNX Runtime, behind one door: the only module that imports it.

From 1.29 on it reports usage to its vendor by default. The switch is read at import, so no other module may import it.
"""

import ctypes
import os
import sys
from importlib import metadata
from typing import Any, Literal, TypeAlias

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

from ganzoo_serve.cores import usable_cores
from ganzoo_serve.errors import DeviceError, ModelError

Device: TypeAlias = Literal["auto", "cpu", "cuda"]
Session: TypeAlias = Any  # onnxruntime ships no type information

_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
_ERRORS_ONLY = 3


def create_session(model: bytes, *, device: Device = "auto", source: str = "the model") -> Session:
    """A session for a serialized model; ``source`` names it in errors.

    "cuda" runs there or raises DeviceError; "auto" takes the GPU if there is one that works, else the CPU. Raises
    ModelError if ONNX Runtime refuses the model.
    """
    options = ort.SessionOptions()
    # One thread per run: a small generator gains nothing from more, and several runs side by side do.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    providers = _providers(device)
    try:
        session = ort.InferenceSession(model, options, providers=providers)
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        reason = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise ModelError(
            f"ONNX Runtime {ort.__version__} cannot load {source}: {reason}\n"
            "Expected a model written by 'ganzoo export RUN'; export it again, or upgrade onnxruntime."
        ) from error
    # When a provider's libraries are missing ONNX Runtime prints a warning and goes on with the CPU.
    if device == "cuda" and session.get_providers()[0] != _CUDA:
        raise DeviceError(_no_cuda("its CUDA libraries could not be loaded"))
    return session


def session_device(session: Session) -> Literal["cpu", "cuda"]:
    """Where a session really runs."""
    return "cuda" if session.get_providers()[0] == _CUDA else "cpu"


def describe(session: Session) -> str:
    """Runtime, version and provider of a session, such as ``onnxruntime-1.31.1-cpu``: what pixels may depend on."""
    return f"onnxruntime-{ort.__version__}-{session_device(session)}"


def installation_problem() -> str | None:
    """A sentence for the user if both ONNX Runtime distributions are installed, else None."""
    both = [name for name in ("onnxruntime", "onnxruntime-gpu") if _installed(name)]
    if len(both) < 2:
        return None
    return (
        "Both 'onnxruntime' and 'onnxruntime-gpu' are installed; they overwrite each other's files, and which one runs "
        "is chance. Keep one: 'pip uninstall -y onnxruntime onnxruntime-gpu', then 'pip install onnxruntime-gpu' "
        "(or 'onnxruntime')."
    )


def worker_count(device: Literal["cpu", "cuda"]) -> int:
    """How many runs to keep going at once: one per core we may use; a GPU needs only enough to stay fed."""
    cores = usable_cores()
    return cores if device == "cpu" else min(cores, 4)


def _providers(device: Device) -> list[str | tuple[str, dict[str, str]]]:
    if device == "cpu":
        return [_CPU]
    if _CUDA not in ort.get_available_providers():
        if device == "cuda":
            raise DeviceError(_no_cuda("this build of ONNX Runtime has no CUDA"))
        return [_CPU]
    if not _has_nvidia_driver():
        if device == "cuda":
            raise DeviceError(_no_cuda("no NVIDIA driver was found"))
        return [_CPU]
    # Loads the CUDA libraries that pip installed, which are on no search path.
    ort.preload_dlls()
    # Every run has the same shape, so a heuristic choice of algorithm costs little and is the same every time; TF32
    # would move pixels away from those of a CPU.
    return [(_CUDA, {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"}), _CPU]


def _no_cuda(reason: str) -> str:
    text = (
        f"CUDA was asked for, but {reason}.\n"
        "Expected an NVIDIA GPU with its driver, and 'pip install \"ganzoo-serve[cuda]\"'. "
        "To run on the CPU: '--device cpu'."
    )
    problem = installation_problem()
    return f"{text}\n{problem}" if problem else text


def _has_nvidia_driver() -> bool:
    try:
        ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return False
    return True


def _installed(distribution: str) -> bool:
    try:
        metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return False
    return True
