"""Features of real images, kept between evaluations by the hash of the images and of the extractor."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ganzoo.data.files import cache_folder

Arrays = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class FeatureCache:
    """Arrays of one set of real images under one extractor.

    ``label`` names the set (data set, split, size) and ``extractor`` all that decides what it says; ``content`` is the hash of
    the images: another content under one label and extractor is said, and takes the old one's place.
    """

    label: str
    extractor: str
    content: str
    say: Callable[[str], None]

    def read(self, kind: str) -> Arrays | None:
        """What was kept under ``kind``, or None; a damaged file is named and passed over."""
        from ganzoo.sealed import Damaged, read_sealed  # torch loads here

        try:
            tensors, _ = read_sealed(self._path(kind))
        except FileNotFoundError:
            return None
        except Damaged as error:
            self.say(f"{error}; its features are computed anew.")
            return None
        return {name: tensor.numpy() for name, tensor in tensors.items()}

    def write(self, kind: str, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
        """Keep arrays, whole or not at all; a cache that cannot be written is said and does no harm."""
        import torch

        from ganzoo.sealed import write_sealed

        path = self._path(kind)
        tensors = {name: torch.from_numpy(np.require(a, requirements=("C", "W"))) for name, a in arrays.items()}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_sealed(path, tensors, {"label": self.label, "extractor": self.extractor})
        except OSError as error:
            self.say(f"{path} could not be written ({error.strerror}); the features will be computed again next time.")

    def forget_others(self) -> None:
        """Remove, and name, what was kept of other images under this label."""
        old = [p for p in self._folder().glob("*.safetensors") if not p.name.startswith(self.content[:16])]
        if old:
            self.say(f"The images of {self.label} are no longer those whose features were kept: computed anew.")
        for path in old:
            with suppress(OSError):  # a cache that cannot be written does no harm
                path.unlink(missing_ok=True)

    def _folder(self) -> Path:
        name = json.dumps([self.label, self.extractor])
        return cache_folder("features", hashlib.sha256(name.encode()).hexdigest()[:16])

    def _path(self, kind: str) -> Path:
        return self._folder() / f"{self.content[:16]}-{kind}.safetensors"
