"""This process and its machine: the cores that it may use, and the memory that it keeps.

How threads wait for each other must be set before torch is loaded: see ``ganzoo.cli.wait_briefly``.
"""

from __future__ import annotations

import ctypes
import os
import sys

import torch

from ganzoo import torchrun
from ganzoo_serve.cores import usable_cores

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # of malloc.h
KEPT = 2**30  # bytes


def make_ready() -> None:
    """Set up torch and the allocator for a training on this machine."""
    share_cores()
    keep_freed_memory()


def share_cores() -> None:
    """Set torch's threads, unless the user did by OMP_NUM_THREADS.

    torch counts the machine's cores. In a container with a share of them, or in one process of several, threads that wait for
    each other's cores make a step many times slower.
    """
    _, fellows = torchrun.on_this_machine()
    if "OMP_NUM_THREADS" in os.environ and fellows == 1:  # among several torchrun sets it to 1, and nobody asked it to
        return
    torch.set_num_threads(max(1, usable_cores() // fellows))


def keep_freed_memory() -> None:
    """Have glibc keep what torch frees, instead of giving it back and asking for it anew at every step.

    Each page that comes back costs a fault: at a batch of 512 a step was seen to take up to one and a half times as long. Other
    allocators (macOS, Windows, musl, a preloaded one that does not know the call) are left alone.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform.startswith("linux") else None
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, KEPT)
        mallopt(M_TRIM_THRESHOLD, KEPT)
