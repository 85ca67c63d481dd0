"""Number formats: where the networks run in what, and what a device can do."""

from contextlib import AbstractContextManager

import torch

from ganzoo.errors import ConfigError


def pick_device(name: str) -> torch.device:
    """``auto`` is CUDA where there is one, else the CPU. Raises ConfigError for a device that is not there."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ConfigError(f"There is no device {name!r}; expected auto, cpu, cuda or cuda:N.") from None
    if device.type not in ("cpu", "cuda"):
        raise ConfigError(f"ganzoo does not train on {name!r}; expected auto, cpu, cuda or cuda:N.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise ConfigError(f"{name!r} was asked for, but torch sees {torch.cuda.device_count()} CUDA devices here.")
    return device


def apply_precision(precision: str) -> None:
    """Set how float32 matrix products are computed on CUDA: ``tf32`` rounds their inputs to 10 bits of mantissa."""
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A context in which the networks run in bfloat16 if ``precision`` is ``bf16``; it has float32's range: no scaler."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16")
