"""torch-fidelity as the tests' independent judge, also beside a torch that its torchvision was not made for."""

from __future__ import annotations

from types import ModuleType

import pytest

SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
}
_declared: list[object] = []  # an operator is forgotten together with its library


def importable_torch_fidelity() -> ModuleType:
    """torch-fidelity; without it, or without torchvision, the test is skipped.

    torchvision's wheel from PyPI is made for CUDA's torch. On the CPU's its operators are missing, and it refuses to be imported
    for want of two that torch-fidelity never calls. They are declared here: schemas only, nothing stands behind them.
    """
    import torch

    try:
        import torchvision  # noqa: F401
    except ImportError:
        pytest.skip("torchvision is not installed")
    except RuntimeError:  # operator torchvision::nms does not exist
        library = torch.library.Library("torchvision", "FRAGMENT")
        for name, schema in SCHEMAS.items():
            library.define(name + schema)
        _declared.append(library)
    torch_fidelity: ModuleType = pytest.importorskip("torch_fidelity")
    return torch_fidelity
