"""Where the networks run."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, TypeVar

import torch
from torch import nn

from ganzoo import ConfigError

NetworkT = TypeVar("NetworkT", bound=nn.Module)


def pick_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU. Raises ConfigError for a device that is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"Features cannot be computed on {name!r}; expected auto, cpu, cuda or cuda:N.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"{name!r} was asked for, but torch sees {torch.cuda.device_count()} CUDA devices here.")
    return device


def place(network: NetworkT, device: torch.device) -> NetworkT:
    """Move a network to ``device``, its filters in the order in which convolutions are quickest: channels last."""
    placed: NetworkT = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]  # not in its stubs
    return placed


def exactly() -> AbstractContextManager[Any]:
    """A context in which CUDA's convolutions give the same result each time, in full float32."""
    return torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)
