"""Timing of work on a device."""

import time
from collections.abc import Callable

import torch


class Clock:
    """Seconds that a call takes, on the device as well."""

    def __init__(self, device: torch.device) -> None:
        self._sync: Callable[[], object] = torch.cuda.synchronize if device.type == "cuda" else lambda: None

    def __call__(self, work: Callable[[], object]) -> float:
        self._sync()
        begin = time.perf_counter()
        work()
        self._sync()
        return time.perf_counter() - begin
