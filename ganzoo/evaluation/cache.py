"""Features of real images, kept between evaluations by the hash of the images and of the extractor."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from ganzoo.data.files import CACHE
from ganzoo.files import write_whole

Arrays = dict[str, npt.NDArray[Any]]


def cache_folder(*parts: str) -> Path:
    """``$GANZOO_CACHE``, or the user's cache folder, and a folder below it."""
    import pooch

    return Path(os.environ.get(CACHE) or pooch.os_cache("ganzoo")).expanduser().joinpath(*parts)


@dataclass(frozen=True)
class FeatureCache:
    """Arrays of one set of real images under one extractor.

    ``label`` names the set (data set, split, size, extractor), ``content`` is the hash of its images: another content under
    one label is said, and takes the old one's place.
    """

    label: str
    content: str
    say: Callable[[str], None]

    def read(self, kind: str) -> Arrays | None:
        """What was kept under ``kind``, or None; a damaged file is named and passed over."""
        path = self._path(kind)
        if not path.is_file():
            return None
        try:
            with safe_open(path, framework="numpy") as file:
                arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
                if (file.metadata() or {}).get("sha256") == _digest(arrays):
                    return arrays
        except (SafetensorError, OSError, ValueError):
            pass
        self.say(f"{path} is damaged; its features are computed anew.")
        return None

    def write(self, kind: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Keep arrays, whole or not at all; a cache that cannot be written is said and does no harm."""
        path = self._path(kind)
        held = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, save(held, metadata={"sha256": _digest(held)}))
        except OSError as error:
            self.say(f"{path} could not be written ({error.strerror}); the features will be computed again next time.")

    def forget_others(self) -> None:
        """Remove, and name, what was kept of other images under this label."""
        old = [p for p in self._folder().glob("*.safetensors") if not p.name.startswith(self.content[:16])]
        if old:
            self.say(f"The images of {self.label} are no longer those whose features were kept: computed anew.")
        for path in old:
            path.unlink(missing_ok=True)

    def _folder(self) -> Path:
        return cache_folder("features", hashlib.sha256(self.label.encode()).hexdigest()[:16])

    def _path(self, kind: str) -> Path:
        return self._folder() / f"{self.content[:16]}-{kind}.safetensors"


def _digest(arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(json.dumps([name, str(arrays[name].dtype), arrays[name].shape]).encode())
        digest.update(arrays[name].tobytes())
    return digest.hexdigest()
