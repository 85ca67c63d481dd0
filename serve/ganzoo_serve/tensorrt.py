"""What TensorRT is told of a model: which batch sizes will come, and where its engines are kept.

Building an engine takes from seconds to minutes, so it is kept: in a folder for this version of TensorRT and these bytes of
the model, where TensorRT itself tells GPUs apart.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from ganzoo_serve.graph import Signature

# ONNX Runtime asks for this one by name.
_LIBRARY = "nvinfer_10.dll" if sys.platform == "win32" else "libnvinfer.so.10"


def version() -> str | None:
    """TensorRT's own, such as ``10.13.0``, after loading its libraries; None if they are not to be found."""
    # TensorRT's default of TF32 would move pixels away from those of a CPU. It can be told so here only.
    os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")
    with contextlib.suppress(ImportError):
        importlib.import_module("tensorrt_libs")  # what pip installs, on no search path; loads them when imported
    try:
        number = int(ctypes.CDLL(_LIBRARY).getInferLibVersion())
    except (OSError, AttributeError):
        return None
    # 101303 is 10.13.3: since version 10 the last four digits are minor and patch.
    return f"{number // 10_000}.{number // 100 % 100}.{number % 100}"


def options(model: bytes, version: str, signature: Signature, sizes: Sequence[int], *, caches: Path) -> dict[str, str]:
    """Options of the provider for a ``model`` whose inputs, as ``signature`` has them, come in batches of these ``sizes``.

    Makes the folder for its engines below ``caches``.
    """
    folder = caches / version / hashlib.sha256(model).hexdigest()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # an engine is code: nobody else should put one there
    return {
        "trt_engine_cache_enable": "1",
        "trt_engine_cache_path": str(folder),
        "trt_timing_cache_enable": "1",
        "trt_timing_cache_path": str(folder),
        "trt_profile_min_shapes": _shapes(signature, min(sizes)),
        "trt_profile_opt_shapes": _shapes(signature, max(sizes)),
        "trt_profile_max_shapes": _shapes(signature, max(sizes)),
    }


def caches() -> Path:
    """Where engines are kept: ``ganzoo/tensorrt`` in the user's folder for caches."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "ganzoo" / "tensorrt"


def _shapes(signature: Signature, size: int) -> str:
    """``z:32x128,label:32``; a scalar has no shape to speak of."""
    return ",".join(
        f"{name}:{'x'.join(str(size if dim is None else dim) for dim in shape)}"
        for name, (_, shape) in signature.items()
        if shape
    )
