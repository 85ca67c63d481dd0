"""The checkpoints of a run: sealed files named by how far it had come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from ganzoo.errors import RunError
from ganzoo.files import remove_torn
from ganzoo.runs.folder import CHECKPOINT, checkpoints, moment_name, not_written
from ganzoo.sealed import Damaged, read_sealed, write_sealed


def save_checkpoint(
    folder: Path, tensors: Mapping[str, Tensor], plain: Mapping[str, Any], *, nimg: int, keep: int
) -> Path:
    """Write ``kimgNNNNNN.NNN.safetensors``, complete or absent whenever the machine stops; keep it and the newest few before it.

    Later ones are removed: damaged ones, which a resumed run passed over. Raises RunError, leaving the others, if it cannot be
    written.
    """
    path = folder / f"{moment_name(nimg / 1000)}{CHECKPOINT}"
    try:
        write_sealed(path, tensors, plain)
    except OSError as error:
        needed = sum(tensor.nbytes for tensor in tensors.values())
        raise not_written(f"The checkpoint {path}", folder.parent, error, needed=needed) from error
    kept = [other for other in checkpoints(folder) if other.name <= path.name][:keep]
    for other in checkpoints(folder):
        if other not in kept:
            other.unlink(missing_ok=True)
    remove_torn(folder)
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
