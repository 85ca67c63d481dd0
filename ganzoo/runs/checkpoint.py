"""The checkpoints of a run: sealed files named by how far it had come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganzoo.errors import RunError
from ganzoo.runs.folder import CHECKPOINT, checkpoints, moment_name
from ganzoo.sealed import Damaged, read_sealed, write_sealed


def save_checkpoint(
    folder: Path, tensors: Mapping[str, Tensor], plain: Mapping[str, Any], *, nimg: int, keep: int
) -> Path:
    """Write ``kimgNNNNNN.NNN.safetensors``, complete or absent whenever the machine stops; keep the newest few.

    Raises RunError, leaving the older ones, if it cannot be written.
    """
    path = folder / f"{moment_name(nimg / 1000)}{CHECKPOINT}"
    try:
        write_sealed(path, tensors, plain)
    except OSError as error:
        size = sum(tensor.nbytes for tensor in tensors.values())
        raise RunError(
            f"The checkpoint {path} could not be written: {error.strerror} ({size / 1e6:.1f} MB are needed).\n"
            f"Older checkpoints are untouched; make room and go on with 'ganzoo train --resume {folder.parent}'."
        ) from error
    for old in checkpoints(folder)[keep:]:
        old.unlink(missing_ok=True)
    for torn in folder.glob(".*.partial"):
        torn.unlink(missing_ok=True)
    return path


def newest_checkpoint(folder: Path, warn: Callable[[str], None]) -> tuple[Path, dict[str, Tensor], dict[str, Any]]:
    """The newest good checkpoint; damaged ones are named to ``warn`` and passed over. Raises RunError if none is good."""
    for path in checkpoints(folder):
        try:
            return path, *read_sealed(path)
        except Damaged as error:
            warn(f"{error}; passed over.")
        except FileNotFoundError:
            continue  # a trainer that is at work has just replaced it
    raise RunError(
        f"{folder.parent} holds no good checkpoint. Start anew with 'ganzoo train ... --out ANOTHER_FOLDER'."
    )
