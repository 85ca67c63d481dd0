"""Tensors and plain values in one safetensors file, under a checksum of all that it says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from ganzoo.errors import GanzooError
from ganzoo.files import write_whole


class Damaged(GanzooError):
    """A file that was cut short, altered, or written by something else."""


def write_sealed(path: Path, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
    """Write the file, whole or not at all; equal contents are equal bytes. Raises OSError."""
    text = json.dumps(plain, sort_keys=True)
    held = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    # One entry: safetensors writes several in no fixed order.
    write_whole(path, save(held, metadata={"ganzoo": json.dumps({"plain": text, "sha256": digest(held, text)})}))


def read_sealed(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors, on the CPU, and plain values. Raises FileNotFoundError, or Damaged unless the seal holds."""
    if not path.exists():
        raise FileNotFoundError(path)
    try:
        with safe_open(path, framework="pt") as file:
            seal = json.loads((file.metadata() or {})["ganzoo"])
            # Copies: a view of the file would change with it, after the seal was checked.
            tensors = {name: file.get_tensor(name).clone() for name in file.keys()}  # noqa: SIM118 (not a dict)
            text, expected = seal["plain"], seal["sha256"]
            held = digest(tensors, text)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Damaged(f"{path} cannot be read: it lacks ganzoo's seal") from None
    except (SafetensorError, OSError) as error:
        raise Damaged(f"{path} cannot be read: {error}") from None
    if held != expected:
        raise Damaged(f"{path} is damaged: its checksum does not hold")
    plain: dict[str, Any] = json.loads(text)
    return tensors, plain


def digest(tensors: Mapping[str, Tensor], text: str) -> str:
    """sha256 of ``text`` and of the tensors' names, types, shapes and bytes."""
    held = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        held.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        held.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return held.hexdigest()
