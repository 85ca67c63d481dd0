"""What this machine could do at best: the model's time, the encoder's and HTTP's, and nothing between them.

R_max = C / (t_model + t_encode + t_http / k) images a second, for C cores and k images a request, each t in seconds of one core.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ganzoo_serve import metadata as metadata_file
from ganzoo_serve import runtime
from ganzoo_serve.bench.pinning import pinned
from ganzoo_serve.graph import feed

BATCH_SIZES = (1, 2, 4, 8, 16, 32)


@dataclass(frozen=True)
class Costs:
    """Seconds of one core: the model's and the encoder's by the image, HTTP's by the request."""

    model_s: float
    encode_s: float
    http_s: float

    def bound(self, cores: int, images: int = 1) -> float:
        """R_max, images a second on so many cores with so many images a request."""
        return cores / (self.model_s + self.encode_s + self.http_s / images)


class BareModel:
    """A session and a loop around it, on ``cores.count`` threads at once: R_raw, what the model alone makes."""

    def __init__(self, path: Path, *, threads: int, cores: tuple[int, ...] = ()) -> None:
        data = metadata_file.load_bytes(path)
        self.metadata = metadata_file.read_bytes(data, source=str(path))
        self._session = runtime.create_session(data, device="cpu", source=str(path))
        self._threads, self._cores = threads, cores

    def best_batch(self, seconds: float) -> int:
        """The batch size that makes most images a second, each tried for so long."""
        rates = {size: self.images_per_s(size, seconds) for size in BATCH_SIZES}
        return max(rates, key=rates.__getitem__)

    def images_per_s(self, batch_size: int, seconds: float) -> float:
        """Images a second of all threads together."""
        rng = np.random.default_rng(0)
        latents = [rng.standard_normal((batch_size, self.metadata.latent.dim), dtype=np.float32) for _ in range(8)]
        classes = self.metadata.classes
        labels = None if classes is None else rng.integers(0, len(classes), batch_size)
        inputs = [feed(self.metadata, z, labels) for z in latents]

        def loop() -> Callable[[], object]:
            following: Any = cycle(inputs)
            return lambda: self._session.run(None, next(following))

        return batch_size * repeat_on_threads([loop() for _ in range(self._threads)], seconds, cores=self._cores)


def encode_seconds(
    encode: Callable[[npt.NDArray[np.uint8]], bytes],
    images: npt.NDArray[np.uint8],
    seconds: float,
    *,
    cores: tuple[int, ...] = (),
) -> float:
    """Seconds of one core that an encoder takes for one of these images (n, h, w, c)."""
    following = cycle(images)
    return 1 / repeat_on_threads([lambda: encode(next(following))], seconds, cores=cores[:1])


def repeat_on_threads(
    works: list[Callable[[], object]], seconds: float, *, cores: tuple[int, ...] = (), warmup: int = 3
) -> float:
    """How often a second these are done, each again and again in a thread of its own on one of these cores."""
    done = [0.0] * len(works)

    def run(index: int, work: Callable[[], object]) -> None:
        with pinned(cores):
            for _ in range(warmup):
                work()
            begin, count = time.perf_counter(), 0
            while (now := time.perf_counter()) < begin + seconds or not count:
                work()
                count += 1
            done[index] = count / (now - begin)

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done)
