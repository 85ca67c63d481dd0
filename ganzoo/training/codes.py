"""Codes in place of the data's classes, for games whose generator is to find out by itself what to make of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ganzoo.config import TrainConfig, options_of
from ganzoo.registry import Registry
from ganzoo.runs.networks import conditioning_of
from ganzoo.specs import ImageData


def with_codes(data: ImageData, config: TrainConfig, registry: Registry) -> ImageData:
    """``data`` with codes for labels if a regularizer asks for them, else as they are.

    Which image gets which code says nothing of it, and every code is as frequent: in shuffled epochs they come as if drawn.
    """
    name = conditioning_of(config, registry)
    regularizer = registry.regularizers.get(name) if name else None
    if regularizer is None or regularizer.codes is None:
        return data
    count = regularizer.codes(
        options_of(regularizer.options, config.regularizers[regularizer.name], f"regularizers.{name}")
    )
    # Not by the data's names, "0" say: then its classes would be taken for theirs.
    names = tuple(f"code {k}" for k in range(count))
    labels = np.arange(len(data.images), dtype=np.int64) % count
    return replace(data, labels=labels, class_names=names, sha256=data.sha256 and f"{data.sha256}, {count} codes")
