"""Steps recorded once and replayed from then on: on CUDA one launch in place of the hundreds that Python would make."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import torch

from ganzoo.errors import GanzooError
from ganzoo.training.data import Taken
from ganzoo.training.steps import Scalars

PLAYED_FIRST = 3  # times as ordinary Python: optimizers make their state, cuDNN and cuBLAS choose and allocate
Step = Callable[[Taken | None], Scalars]
Work = Callable[[], Scalars]


class Recorder(Protocol):
    """What plays work as it is, and records it without playing it."""

    device: torch.device

    def play(self, work: Work) -> Scalars: ...

    def record(self, work: Work) -> tuple[Scalars, Callable[[], None]]:
        """The tensors that each replay writes, and the replay."""


@dataclass
class Recording:
    """One kind of step. ``taken`` are the tensors that each replay reads, ``scalars`` those that it writes."""

    played: int = 0
    taken: Taken | None = None
    scalars: Scalars = field(default_factory=dict)
    replay: Callable[[], None] | None = None


class Graphs:
    """Plays steps of several kinds, each recorded after it was played a few times. What is played counts: nothing is lost."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._recordings: dict[Hashable, Recording] = {}

    def __call__(self, kind: Hashable, step: Step, taken: Taken | None) -> Scalars:
        """Play a step of that kind on a batch. The scalars hold until the next step of the kind."""
        recording = self._recordings.setdefault(kind, Recording())
        device = self._recorder.device
        if recording.replay is None and recording.played < PLAYED_FIRST:
            recording.played += 1
            return self._recorder.play(lambda: step(None if taken is None else taken.on(device)))
        if recording.replay is None:
            held = recording.taken = None if taken is None else taken.copied_to(device)
            recording.scalars, recording.replay = self._recorder.record(lambda: step(held))
        elif taken is not None and recording.taken is not None:
            recording.taken.refill(taken)
        recording.replay()
        return recording.scalars


class CudaRecorder:
    """CUDA graphs. ``generators``: those that the work draws from, besides torch's default one.

    All recordings share one pool of memory: they are replayed one after the other, and keep nothing but their scalars.
    """

    def __init__(self, device: torch.device, generators: Sequence[torch.Generator]) -> None:
        self.device = device
        self._generators = generators
        self._stream = torch.cuda.Stream(device)
        self._pool = torch.cuda.graph_pool_handle()

    def play(self, work: Work) -> Scalars:
        """Play it on a stream of its own, as a recording will: what it leaves behind must not belong to the default one."""
        self._stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self._stream):
            scalars = work()
        torch.cuda.current_stream(self.device).wait_stream(self._stream)
        return scalars

    def record(self, work: Work) -> tuple[Scalars, Callable[[], None]]:
        """Record it. Raises GanzooError for work that waits for the device or brings tensors from the host."""
        graph = torch.cuda.CUDAGraph()
        for generator in self._generators:
            graph.register_generator_state(generator)
        torch.cuda.synchronize(self.device)
        try:
            # Other threads may go on allocating pinned memory for the batches to come.
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
                scalars = work()
        except RuntimeError as error:
            raise GanzooError(
                f"A step cannot be recorded as a CUDA graph: {str(error).splitlines()[0]}\n"
                "Train with '--set cuda_graphs=false'. What a recorded step asks of networks, losses and techniques is in "
                "plugins/README.md."
            ) from error
        return scalars, graph.replay
