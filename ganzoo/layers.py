"""Which layers options can ask for, by name. Imports no torch.

``Norm`` is what stands between layers, ``Weights`` what their weights are under, ``Init`` how they begin: ``ganzoo.nn`` makes
them.
"""

from __future__ import annotations

from typing import Literal

Norm = Literal["batch", "instance", "layer", "spectral", "none"]
Weights = Literal["spectral", "none"]
Init = Literal["he", "glorot", "orthogonal", "normal"]
