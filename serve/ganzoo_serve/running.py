"""One run of a model, in a batch of a given size: plainly, or on a GPU in tensors that stay there, recorded where that pays."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from statistics import median
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ganzoo_serve import runtime
from ganzoo_serve.devices import Device
from ganzoo_serve.errors import ModelError
from ganzoo_serve.graph import Signature

Tensor: TypeAlias = npt.NDArray[Any]
Output: TypeAlias = tuple[str, tuple[int, ...], np.dtype[Any]]  # name, shape of one image, type

logger = logging.getLogger(__name__)

_TRIED = 5  # runs of each kind
_GAIN = 0.97  # a recorded run must take less than this share of the time of a plain one


class Runs(Protocol):
    """``runs(inputs, size)`` is what a model makes of ``inputs``, whose first dimension is ``size``, by any thread.

    ``recorded`` are the sizes, of those that have run, that are replayed as CUDA graphs.
    """

    session: runtime.Session

    @property
    def recorded(self) -> tuple[int, ...]: ...

    def __call__(self, inputs: Mapping[str, Tensor], size: int) -> Tensor: ...


def open_runs(
    model: bytes, output: Output, *, device: Device, source: str, batches: tuple[Signature, Sequence[int]]
) -> Runs:
    """A way to run a serialized model that suits where it runs. Raises as ``runtime.create_session`` does."""

    def opened(graphs: bool) -> runtime.Session:
        return runtime.create_session(model, device=device, source=source, graphs=graphs, batches=batches)

    if device in ("auto", "cuda"):
        try:
            session = opened(True)
        except ModelError as error:
            logger.info("%s runs without CUDA graphs: %s", source, error)
            session = opened(False)
        else:
            if runtime.session_device(session) == "cuda":
                return BoundRuns(session, output, plain=lambda: opened(False))
    else:
        session = opened(False)
    return PlainRuns(session, output) if runtime.session_device(session) == "cpu" else BoundRuns(session, output)


class PlainRuns:
    """From arrays to arrays: all that a CPU needs. Several threads run side by side."""

    recorded = ()

    def __init__(self, session: runtime.Session, output: Output) -> None:
        self.session, self._names = session, [output[0]]

    def __call__(self, inputs: Mapping[str, Tensor], size: int) -> Tensor:
        images: Tensor = self.session.run(self._names, inputs)[0]
        return images


class BoundRuns:
    """Through tensors on the device, made once for each size, by the one thread that all GPU work of a process goes through.

    A GPU does one run after the other anyhow. And ONNX Runtime keeps CUDA graphs by thread, and while one is recorded no
    other thread may call CUDA. Handing a run over costs 30 to 50 us (measured on a CPU). With ``plain``, which opens the
    session without graphs, the first run of each size tries whether recorded ones are faster, and the same; where recording
    fails ``plain`` takes over.
    """

    def __init__(
        self, session: runtime.Session, output: Output, *, plain: Callable[[], runtime.Session] | None = None
    ) -> None:
        self.session, self._output, self._plain = session, output, plain
        self._bindings: dict[int, runtime.Binding] = {}

    def __call__(self, inputs: Mapping[str, Tensor], size: int) -> Tensor:
        return _gpu_thread().submit(self._run, inputs, size).result()

    @property
    def recorded(self) -> tuple[int, ...]:
        return tuple(sorted(size for size, binding in self._bindings.items() if binding.graph is not None))

    def _run(self, inputs: Mapping[str, Tensor], size: int) -> Tensor:
        binding = self._bindings.get(size)
        if binding is None:
            binding = self._bindings[size] = self._choose(inputs, size)
        return binding.run(inputs)

    def _choose(self, inputs: Mapping[str, Tensor], size: int) -> runtime.Binding:
        plain = self._bind(inputs, size)
        if self._plain is None:
            return plain
        expected, plain_s = _timed(plain, inputs)
        try:
            recorded = self._bind(inputs, size, graph=size)
            images, recorded_s = _timed(recorded, inputs)
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            logger.info("Goes on without CUDA graphs: %s", error)
            # A session that failed while recording is not to be trusted.
            self.session, self._plain = self._plain(), None
            self._bindings.clear()
            return self._bind(inputs, size)
        return recorded if recorded_s < _GAIN * plain_s and np.array_equal(images, expected) else plain

    def _bind(self, inputs: Mapping[str, Tensor], size: int, *, graph: int | None = None) -> runtime.Binding:
        name, shape, dtype = self._output
        return runtime.Binding(self.session, inputs, (name, (size, *shape), dtype), graph=graph)


@cache
def _gpu_thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="ganzoo-gpu")


def _timed(binding: runtime.Binding, inputs: Mapping[str, Tensor]) -> tuple[Tensor, float]:
    """What it makes, and the seconds that it takes, once it is warm and recorded."""
    images = binding.run(inputs)
    times = []
    for _ in range(_TRIED):
        began = time.perf_counter()
        images = binding.run(inputs)
        times.append(time.perf_counter() - began)
    return images, median(times)
