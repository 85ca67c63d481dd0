"""The processor's cores that are ours."""

import os
from pathlib import Path

CGROUP = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(quota: Path = CGROUP) -> int:
    """Whole cores that this process may use: by its affinity and by the quota of its control group. At least 1."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        limit, period = quota.read_text().split()
        cores = min(cores, int(limit) // int(period))
    except (OSError, ValueError):  # no control group, or one without a limit ("max")
        pass
    return max(1, cores)
