"""What tests of the command line share."""

import subprocess
import sys

import numpy as np

TINY = ("--batch-size", "4", "--steps", "2", "--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]")


def npz(path, labels=None):
    """Eight random 8x8 images."""
    images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype=np.uint8)
    np.savez(path, images=images, **({} if labels is None else {"labels": labels}))
    return path


def process(*arguments, **options):
    """``ganzoo`` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *map(str, arguments)], capture_output=True, text=True, timeout=120, **options
    )
