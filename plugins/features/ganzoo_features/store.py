"""A trained network on disk: one safetensors file with a seal, whole or not there."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor


class Damaged(Exception):
    """A file that was cut short, altered, or written by something else."""


def digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """sha256 of ``text`` and of the tensors' names, types, shapes and bytes."""
    held = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        held.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        held.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return held.hexdigest()


def write(path: Path, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
    """Write the file so that it is complete or absent whenever the machine stops. Raises OSError, leaving nothing."""
    text = json.dumps(plain, sort_keys=True)
    # One entry: safetensors writes several in no fixed order, and equal networks must be equal files.
    seal = json.dumps({"plain": text, "sha256": digest(tensors, text)})
    content = save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, metadata={"ganzoo": seal})
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def read(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and plain values. Raises FileNotFoundError, or Damaged unless the seal holds."""
    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        with safe_open(path, framework="pt") as file:
            seal = json.loads((file.metadata() or {})["ganzoo"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
            text, expected = seal["plain"], seal["sha256"]
            held = digest(tensors, text)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged(f"{path} lacks its seal") from None
    except (SafetensorError, OSError) as error:
        raise Damaged(f"{path} cannot be read: {error}") from None
    if held != expected:
        raise Damaged(f"{path} is damaged: its checksum does not hold")
    plain: dict[str, Any] = json.loads(text)
    return tensors, plain
