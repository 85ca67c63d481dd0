"""How many threads torch computes with: the cores that this process may use, shared with its fellows on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import torch

from ganzoo import ranks

CGROUP = Path("/sys/fs/cgroup/cpu.max")


def share_cores() -> None:
    """Set torch's threads, unless the user did by OMP_NUM_THREADS.

    torch counts the machine's cores. In a container with a share of them, or in one process of several, threads that wait for
    each other's cores make a step many times slower.
    """
    fellows = ranks.here()[1] if ranks.under_torchrun() else 1
    if "OMP_NUM_THREADS" in os.environ and fellows == 1:  # among several torchrun sets it to 1, and nobody asked it to
        return
    torch.set_num_threads(max(1, usable_cores() // fellows))


def usable_cores(quota: Path = CGROUP) -> int:
    """Whole cores that this process may use: by its affinity and by the quota of its control group. At least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit, period = quota.read_text().split()
        cores = min(cores, int(limit) // int(period))
    except (OSError, ValueError):  # no control group, or one without a limit ("max")
        pass
    return max(1, cores)
