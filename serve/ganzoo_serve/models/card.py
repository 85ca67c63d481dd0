"""What people wrote about a model: the ``README.md`` beside its ``model.onnx``, as ``ganzoo card`` lays them out."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_MOST_BYTES = 2**20


def card_of(model: Path) -> Path | None:
    """The card of a model's file; None if there is none.

    Beside a file of another name lies a README of the folder. A link may lead anywhere, and folders come from strangers.
    """
    card = model.with_name("README.md")
    try:
        status = card.lstat()
    except OSError:
        return None
    fits = model.name == "model.onnx" and stat.S_ISREG(status.st_mode) and status.st_size <= _MOST_BYTES
    return card if fits and os.access(card, os.R_OK) else None
