"""Where torch computes."""

import torch

from ganzoo import torchrun
from ganzoo.errors import ConfigError


def pick_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU. Raises ConfigError for a device that is not there.

    Of the processes that torchrun started, each takes the CUDA device of its own number.
    """
    own, fellows = torchrun.on_this_machine()
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() and torch.cuda.device_count() >= fellows else "cpu"
    if name == "cuda" and fellows > 1:
        name = f"cuda:{own}"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"There is no device {name!r}; expected auto, cpu, cuda or cuda:N.") from None
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"ganzoo does not run on {name!r}; expected auto, cpu, cuda or cuda:N.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"{name!r} was asked for, but torch sees {torch.cuda.device_count()} CUDA devices here.")
    return device
