"""ONNX Runtime, behind one door: the only module that imports it.

From 1.29 on it reports usage to its vendor by default. The switch is read at import, so no other module may import it.
"""

import logging
import os
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, TypeAlias

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import numpy as np
import numpy.typing as npt
import onnxruntime as ort

from ganzoo_serve import devices, tensorrt
from ganzoo_serve.cores import usable_cores
from ganzoo_serve.devices import Device, Where
from ganzoo_serve.errors import ModelError
from ganzoo_serve.graph import Signature

Session: TypeAlias = Any  # onnxruntime ships no type information
Tensor: TypeAlias = npt.NDArray[Any]

_ERRORS_ONLY = 3

logger = logging.getLogger(__name__)


def create_session(
    model: bytes,
    *,
    device: Device = "auto",
    source: str = "the model",
    graphs: bool = False,
    batches: tuple[Signature, Sequence[int]] | None = None,
) -> Session:
    """A session for a serialized model; ``source`` names it in errors.

    "cuda" and "tensorrt" run there or raise DeviceError; "auto" takes the GPU if there is one that works, else the CPU.
    ``graphs``: on CUDA, runs of a ``Binding`` can be recorded; a model of which a part would run on the CPU is refused then.
    ``batches``: the inputs and the batch sizes that will come, of which TensorRT wants to know. Raises ModelError if
    ONNX Runtime refuses the model.
    """
    where = _pick(device)
    if where == "cpu":
        return _open(model, devices.providers("cpu"), source)
    # Loads the CUDA libraries that pip installed, which are on no search path.
    ort.preload_dlls()
    options = _tensorrt(model, batches) if where == "tensorrt" else None
    try:
        session = _open(model, devices.providers(where, graphs=graphs, tensorrt=options), source)
    except ModelError as error:
        if device != "auto" or graphs:
            raise
        logger.warning("%s runs on the CPU, since the GPU failed: %s", source, error)
        return _open(model, devices.providers("cpu"), source)
    # When a provider's libraries are missing ONNX Runtime prints a warning and goes on with the next.
    if session_device(session) != where:
        if device != "auto":
            raise devices.refusal(where, "its libraries could not be loaded")
        _warn_once("There is an NVIDIA driver, but CUDA's libraries could not be loaded: models run on the CPU.")
    return session


def _open(model: bytes, providers: list[devices.Provider], source: str) -> Session:
    options = ort.SessionOptions()
    # One thread per run. On two x86 cores, idle and not, two runs side by side made 1.0 to 2 times as many images a second as
    # one run on two threads (with spinning, 1.2 to 2.1 times), of DCGANs from 32 px (0.3 ms an image) to 256 px (99 ms), one
    # and eight a run. A lone client would gain nothing below 7 ms an image, and from there 1.2 to 1.5 times while the cores
    # idle: everybody else would pay for that. The bits were the same.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    try:
        # Without its fallback, which after a failure, of loading or of any run later, goes on with the CPU and prints it.
        return ort.InferenceSession(model, options, providers=providers, enable_fallback=0)
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        reason = str(error).splitlines()[0][:300] if str(error) else type(error).__name__
        raise ModelError(
            f"ONNX Runtime {ort.__version__} cannot load {source}: {reason}\n"
            "Expected a model written by 'ganzoo export RUN'; export it again, or upgrade onnxruntime."
        ) from error


class Binding:
    """Tensors of fixed shapes where a session computes: filled, run and read again and again, from one thread at a time.

    ``inputs`` have the names, shapes and types of what will come, ``output`` name, shape and type of what is made.
    ``graph`` numbers a CUDA graph, of a session that was made with ``graphs``: the first run records it, the others replay
    it, for the thread that recorded it only. None is never recorded.
    """

    def __init__(
        self,
        session: Session,
        inputs: Mapping[str, Tensor],
        output: tuple[str, Sequence[int], np.dtype[Any]],
        *,
        graph: int | None = None,
    ) -> None:
        memory = "cpu" if session_device(session) == "cpu" else "cuda"

        def tensor(shape: Sequence[int], dtype: np.dtype[Any]) -> Any:
            return ort.OrtValue.ortvalue_from_shape_and_type(list(shape), dtype.type, memory, 0)

        name, shape, dtype = output
        self.graph = graph
        self._session, self._binding, self._options = session, session.io_binding(), ort.RunOptions()
        self._options.log_severity_level = _ERRORS_ONLY
        self._options.add_run_config_entry("gpu_graph_id", "-1" if graph is None else str(graph))
        self._inputs = {name: tensor(array.shape, array.dtype) for name, array in inputs.items()}
        for given, value in self._inputs.items():
            self._binding.bind_ortvalue_input(given, value)
        self._binding.bind_ortvalue_output(name, tensor(shape, dtype))

    def run(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """What the session makes of these, in memory of its own. Raises what ONNX Runtime raises."""
        for name, value in self._inputs.items():
            value.update_inplace(inputs[name])
        self._session.run_with_iobinding(self._binding, self._options)
        # Through pageable memory: the Python API gives no pinned memory but to providers that are plugins.
        images: Tensor = self._binding.copy_outputs_to_cpu()[0]
        return images


def session_device(session: Session) -> Where:
    """Where a session really runs."""
    return devices.PLACES.get(session.get_providers()[0], "cpu")


def describe(session: Session) -> str:
    """Runtime, version and provider of a session, such as ``onnxruntime-1.31.1-cpu``: what pixels may depend on."""
    where = session_device(session)
    version = f"-{tensorrt.version()}" if where == "tensorrt" else ""
    return f"onnxruntime-{ort.__version__}-{where}{version}"


def worker_count(device: Device) -> int:
    """How many threads should draw and encode: one per core we may use, and one more to wait for a GPU.

    Raises DeviceError for a device that cannot be had.
    """
    return usable_cores() + (_pick(device) != "cpu")


@cache
def _warn_once(text: str) -> None:
    logger.warning(text)


def _pick(device: Device) -> Where:
    return devices.pick(device, ort.get_available_providers())


def _tensorrt(model: bytes, batches: tuple[Signature, Sequence[int]] | None) -> dict[str, str]:
    version = tensorrt.version()
    if version is None:
        raise devices.refusal("tensorrt", "its libraries were not found")
    return tensorrt.options(model, version, *batches, caches=tensorrt.caches()) if batches else {}


__all__ = ["Binding", "Device", "Session", "create_session", "describe", "session_device", "worker_count"]
