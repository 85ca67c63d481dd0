"""An exported generator to search in: drawn by ONNX Runtime, differentiated by torch."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import onnx
from torch import Tensor

from ganzoo.devices import pick_device
from ganzoo_inversion.graph import TorchGraph
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import Image, Latent, graph_sha256, load_bytes
from ganzoo_serve.runtime import Device


class Model:
    """A model file. ``generator`` draws from it; ``pixels`` is the same function for gradients, on ``device``.

    Raises ModelError for a file that is none of ganzoo's, ConfigError for a device that is not there.
    """

    def __init__(self, path: Path, *, device: Device = "auto") -> None:
        self.device = pick_device(device)
        self.path, self.generator = path, Generator.load(path, device=device)

    @property
    def image(self) -> Image:
        return self.generator.metadata.image

    @property
    def latent(self) -> Latent:
        return self.generator.metadata.latent

    @property
    def classes(self) -> tuple[str, ...]:
        """Their names; empty if the model is unconditional."""
        return self.generator.metadata.classes or ()

    def pixels(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """z (N, z_dim), labels (N,) if there are classes -> images (N, h, w, c), float32 in 0 ... 255, not rounded.

        Raises ConfigError for a graph with an operator that cannot be differentiated here.
        """
        inputs = {"z": z}
        if labels is not None:
            inputs["label"] = labels
        if self.generator.metadata.truncation is not None:
            inputs["truncation"] = z.new_ones(len(z) if self.generator.metadata.truncation_per_image else ())
        images: Tensor = self._graph(**inputs)["images"]
        if self.generator.metadata.output == "float":
            images = images * 127.5 + 127.5
        return images if self.generator.metadata.layout == "nhwc" else images.permute(0, 2, 3, 1)

    @cached_property
    def graph_sha256(self) -> str:
        """Which generator it is, whatever has since been noted in the file's metadata."""
        return graph_sha256(load_bytes(self.path), source=str(self.path))

    @cached_property
    def _graph(self) -> TorchGraph:
        proto = onnx.load_model_from_string(load_bytes(self.path))
        return TorchGraph(proto, source=str(self.path)).to(self.device)
