"""A process of several that lost the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch.distributed as dist

from ganzoo import torchrun
from ganzoo.errors import RunError

LOST = re.compile(r"connection (was )?(closed|reset|refused)|broken pipe|socket|timed? ?out|gloo|nccl", re.IGNORECASE)


@contextmanager
def peers_explained(folder: Path) -> Iterator[None]:
    """Turn what torch.distributed says of a connection that broke into a sentence that says how to go on."""
    try:
        yield
    except RuntimeError as error:
        if not torchrun.started() or not (isinstance(error, dist.DistError) or LOST.search(str(error))):
            raise
        raise RunError(
            f"Another process of this training ended, and process {torchrun.number()} cannot go on alone.\n"
            f"Its own message, if it left one, says why. Go on with 'torchrun ... -m ganzoo train --resume {folder}'."
        ) from error
