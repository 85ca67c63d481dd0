"""Which data these are: by name as strangers may read it, and by content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from ganzoo.specs import ImageData


def public_name(dataset: str) -> str:
    """A data set's name as strangers may read it: of a path only the last part."""
    kind, _, path = dataset.partition(":")
    return f"{kind}:{Path(path).name}" if path else kind


def content_sha256(data: ImageData) -> str:
    """A hash of shape, pixels and labels; the one that came with the data, if it is known already."""
    if data.sha256:
        return data.sha256
    digest = hashlib.sha256(str(data.images.shape).encode())
    digest.update(np.ascontiguousarray(data.images).data)
    if data.labels is not None:
        digest.update(data.labels.tobytes())
    return digest.hexdigest()
