"""The two faces of a generator: ``NAME`` takes latents as its graph does, ``NAME.sample`` takes seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ganzoo_serve.generator import Generator
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server, ask
from ganzoo_serve.models.model import Model

SAMPLER = ".sample"
N = -1  # an axis of images: as many as are asked for
DTYPES: dict[str, np.dtype[Any]] = {
    "FP32": np.dtype("<f4"),
    "FP16": np.dtype("<f2"),
    "INT64": np.dtype("<i8"),
    "UINT8": np.dtype("u1"),
}


@dataclass(frozen=True)
class Spec:
    """A tensor as the protocol describes it. ``optional``: may be left out, which the protocol cannot say."""

    name: str
    datatype: str
    shape: tuple[int, ...]
    optional: bool = False

    @property
    def row(self) -> int:
        """The numbers for one image."""
        return math.prod(self.shape[1:])

    def document(self) -> dict[str, Any]:
        """As a model's metadata have it."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}


@dataclass(frozen=True)
class Face:
    """What a name means to the protocol: a model, by its latents or by its seeds."""

    model: Model
    sampler: bool

    @property
    def name(self) -> str:
        """What it is asked for as."""
        return self.model.name + (SAMPLER if self.sampler else "")

    @property
    def inputs(self) -> tuple[Spec, ...]:
        """``z`` and ``label``, or ``seed`` and ``class``; ``truncation``, without which it is off, where the model has it."""
        metadata = self.model.generator.metadata
        if self.sampler:
            which, classes = Spec("seed", "INT64", (N,)), Spec("class", "INT64", (N,), optional=True)
        else:
            which, classes = Spec("z", "FP32", (N, metadata.latent.dim)), Spec("label", "INT64", (N,))
        inputs = [which]
        if metadata.classes is not None:
            inputs.append(classes)
        if metadata.truncation is not None:
            inputs.append(Spec("truncation", "FP32", (1,), optional=True))
        return tuple(inputs)

    @property
    def outputs(self) -> tuple[Spec, ...]:
        """``images``, and with seeds ``class``, since a seed may have decided it."""
        generator: Generator = self.model.generator
        image = generator.metadata.image
        images = Spec("images", "UINT8", (N, image.height, image.width, image.channels))
        if self.sampler and generator.metadata.classes is not None:
            return images, Spec("class", "INT64", (N,))
        return (images,)

    def document(self, versions: list[str]) -> dict[str, Any]:
        """A model's metadata."""
        return {
            "name": self.name,
            "versions": versions,
            "platform": "onnx_onnxv1",
            "inputs": [spec.document() for spec in self.inputs],
            "outputs": [spec.document() for spec in self.outputs],
        }


def face(server: Server, visit: Visit, name: str, version: str | None = None) -> Face:
    """The face of that name, of the current revision or the one that is its ``version``. Raises Problem 404, 503.

    A model that is itself called ``NAME.sample`` is that model.
    """
    text = name if version is None else f"{name}@{version}"
    whole, at, rev = text.partition("@")
    base = whole.removesuffix(SAMPLER)
    sampler = base != whole and server.models.find(whole) is None
    return Face(ask(server, visit, (base if sampler else whole) + at + rev).model, sampler)
