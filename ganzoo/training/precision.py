"""Number formats: what the networks compute in."""

from contextlib import AbstractContextManager, nullcontext

import torch


def apply_precision(precision: str) -> None:
    """Set how float32 matrix products are computed on CUDA: ``tf32`` rounds their inputs to 10 bits of mantissa."""
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    torch.backends.cudnn.allow_tf32 = precision == "tf32"


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A context in which the networks run in bfloat16 if ``precision`` is ``bf16``; it has float32's range: no scaler."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bf16" else nullcontext()


def outside_autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """A context in which the networks run in float32 even within ``autocast``."""
    return torch.autocast(device.type, enabled=False) if precision == "bf16" else nullcontext()
