"""Checkpoints that are whole or not there: one safetensors file each, with a checksum of all it says."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganzoo.errors import RunError

SUFFIX = ".safetensors"


class Damaged(RunError):
    """A checkpoint that was cut short, altered, or written by something else."""


def save_checkpoint(
    folder: Path, tensors: Mapping[str, Tensor], plain: Mapping[str, Any], *, nimg: int, keep: int
) -> Path:
    """Write ``kimgNNNNNN.NNN.safetensors`` so that it is complete or absent whenever the machine stops; keep the newest few.

    Raises RunError, leaving the older ones, if it cannot be written.
    """
    path = folder / f"kimg{nimg / 1000:010.3f}{SUFFIX}"
    partial = folder / f".{path.name}.partial"
    held = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    text = json.dumps(plain, sort_keys=True)
    # One entry: safetensors writes several in no fixed order, and equal states must be equal files.
    content = save(held, metadata={"ganzoo": json.dumps({"plain": text, "sha256": _digest(held, text)})})
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(folder)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise RunError(
            f"The checkpoint {path} could not be written: {error.strerror} ({len(content) / 1e6:.1f} MB are needed).\n"
            f"Older checkpoints are untouched; make room and go on with 'ganzoo train --resume {folder.parent}'."
        ) from error
    for old in checkpoints(folder)[keep:]:
        old.unlink(missing_ok=True)
    for torn in folder.glob(".*.partial"):
        torn.unlink(missing_ok=True)
    return path


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a folder, newest first."""
    return sorted(folder.glob(f"kimg*{SUFFIX}"), reverse=True)


def load_checkpoint(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors (on the CPU) and plain values of a checkpoint. Raises Damaged unless its checksum holds."""
    try:
        with safe_open(path, framework="pt") as file:
            seal = json.loads((file.metadata() or {})["ganzoo"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            text, digest = seal["plain"], seal["sha256"]
            held = _digest(tensors, text)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged(f"{path} cannot be read: it lacks the seal of a ganzoo checkpoint") from None
    except (SafetensorError, OSError) as error:
        raise Damaged(f"{path} cannot be read: {error}") from None
    if digest != held:
        raise Damaged(f"{path} is damaged: its checksum does not hold")
    plain: dict[str, Any] = json.loads(text)
    return tensors, plain


def newest_checkpoint(folder: Path, warn: Callable[[str], None]) -> tuple[Path, dict[str, Tensor], dict[str, Any]]:
    """The newest good checkpoint; damaged ones are named to ``warn`` and passed over. Raises RunError if none is good."""
    for path in checkpoints(folder):
        try:
            return path, *load_checkpoint(path)
        except Damaged as error:
            warn(f"{error}; passed over.")
    raise RunError(
        f"{folder.parent} holds no good checkpoint. Start anew with 'ganzoo train ... --out ANOTHER_FOLDER'."
    )


def _digest(tensors: Mapping[str, Tensor], text: str) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _sync_folder(folder: Path) -> None:
    """Make the rename durable. Windows neither needs nor allows it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
