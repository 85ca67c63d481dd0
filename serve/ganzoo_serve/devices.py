"""Where a model may run, and what a runtime is told then. Imports no runtime."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import Final, Literal, TypeAlias

from ganzoo_serve.errors import DeviceError

# What may be asked for: "auto" is the GPU if there is one that works, else the CPU; TensorRT has to be asked for.
Device: TypeAlias = Literal["auto", "cpu", "cuda", "tensorrt"]
Where: TypeAlias = Literal["cpu", "cuda", "tensorrt"]
Provider: TypeAlias = tuple[str, dict[str, str]]

DEVICES: Final[tuple[Device, ...]] = ("auto", "cpu", "cuda", "tensorrt")
CPU, CUDA, TENSORRT = "CPUExecutionProvider", "CUDAExecutionProvider", "TensorrtExecutionProvider"
PLACES: Final[dict[str, Where]] = {CPU: "cpu", CUDA: "cuda", TENSORRT: "tensorrt"}

_NAMES = {"cuda": "CUDA", "tensorrt": "TensorRT"}
_NEEDED = {
    "cuda": "an NVIDIA GPU with its driver, and 'pip install \"ganzoo-serve[cuda]\"'",
    "tensorrt": "an NVIDIA GPU with its driver, 'pip install \"ganzoo-serve[cuda]\"', and TensorRT 10: "
    "'pip install \"tensorrt-cu13-libs<11\"' (cu12 where ONNX Runtime was built for CUDA 12)",
}


def pick(device: Device, available: Sequence[str]) -> Where:
    """Where to try to run, of what a build of ONNX Runtime makes ``available``. Raises DeviceError for what cannot be."""
    if device not in DEVICES:
        raise DeviceError(f"There is no device {device!r}: expected one of {', '.join(DEVICES)}.")
    if device == "cpu":
        return "cpu"
    reason = _why_not(TENSORRT if device == "tensorrt" else CUDA, available)
    if device == "auto":
        return "cpu" if reason else "cuda"
    if reason:
        raise refusal(device, reason)
    return device


def providers(where: Where, *, graphs: bool = False, tensorrt: Mapping[str, str] | None = None) -> list[Provider]:
    """The execution providers for a place, best first; what one cannot do the next does.

    ``graphs``: runs can be recorded as CUDA graphs. ``tensorrt``: further options of TensorRT.
    """
    # Every run has the same shape, so a heuristic choice of algorithm costs little and is the same every time; TF32
    # would move pixels away from those of a CPU.
    cuda = {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0"} | ({"enable_cuda_graph": "1"} if graphs else {})
    every: dict[Where, list[Provider]] = {
        "cpu": [],
        "cuda": [(CUDA, cuda)],
        "tensorrt": [(TENSORRT, {"trt_fp16_enable": "0", **(tensorrt or {})}), (CUDA, cuda)],
    }
    return [*every[where], (CPU, {})]


def refusal(device: Literal["cuda", "tensorrt"], reason: str) -> DeviceError:
    """What to tell whoever asked for a device that cannot be had."""
    text = (
        f"{_NAMES[device]} was asked for, but {reason}.\nExpected {_NEEDED[device]}. To run on the CPU: '--device cpu'."
    )
    problem = installation_problem()
    return DeviceError(f"{text}\n{problem}" if problem else text)


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


def _why_not(provider: str, available: Sequence[str]) -> str | None:
    if provider not in available:
        return f"this build of ONNX Runtime has no {_NAMES[PLACES[provider]]}"
    return None if has_nvidia_driver() else "no NVIDIA driver was found"


def has_nvidia_driver() -> bool:
    """Whether CUDA's driver library is there; asks no device."""
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
