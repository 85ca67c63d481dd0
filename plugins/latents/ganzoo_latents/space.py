"""The two spaces that one can walk in: z, which every model has, and w, which lies between a mapping and a synthesis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from ganzoo import ConfigError
from ganzoo_latents.cut import Graph
from ganzoo_serve.generator import Generator, Images, as_pixels
from ganzoo_serve.graph import STYLES, expected_inputs, expected_outputs, feed
from ganzoo_serve.paths import Mode, usual_mode
from ganzoo_serve.runtime import Device

Points: TypeAlias = npt.NDArray[np.float32]
Labels: TypeAlias = npt.NDArray[np.int64] | None
SpaceName: TypeAlias = Literal["z", "w"]


class Space(Protocol):
    """Points are float32 (n, dim) in z and (n, layers, dim) in w; ``mode`` is how one walks there unless told otherwise."""

    name: SpaceName
    mode: Mode
    dim: int

    def points(self, seeds: Sequence[int], labels: Labels, truncation: float | None) -> Points:
        """Those of seeds, and of classes (n,) if the model has some."""

    def images(self, points: Points, labels: Labels, truncation: float | None) -> Images:
        """What the model makes of points: uint8 (n, h, w, c)."""


class Z:
    """The latents that are drawn. Truncation is applied where images are made."""

    name: SpaceName = "z"

    def __init__(self, generator: Generator) -> None:
        latent = generator.metadata.latent
        self._generator, self.dim, self.mode = generator, latent.dim, usual_mode(latent.distribution)

    def points(self, seeds: Sequence[int], labels: Labels, truncation: float | None) -> Points:
        return self._generator.latents(seeds)

    def images(self, points: Points, labels: Labels, truncation: float | None) -> Images:
        return self._generator.run(points, labels, truncation)


class W:
    """The intermediate latents of a style-based model, one for each of its layers. Truncation and class are in them already.

    Raises ConfigError for a model without.
    """

    name: SpaceName = "w"
    mode: Mode = "lerp"  # nothing draws w to a sphere

    def __init__(self, generator: Generator, graph: Graph, device: Device) -> None:
        metadata = generator.metadata
        if metadata.styles is None:
            raise ConfigError(
                f"Model '{generator.name}' has no intermediate latent w: expected a style-based one, such as a StyleGAN2."
            )
        self._generator, self.layers, self.dim = generator, metadata.styles.layers, metadata.styles.dim
        inputs = list(expected_inputs(metadata))
        self._mapping = graph.between(inputs, [STYLES], device)
        self._synthesis = graph.between([STYLES], list(expected_outputs(metadata)), device)

    def points(self, seeds: Sequence[int], labels: Labels, truncation: float | None) -> Points:
        given = feed(self._generator.metadata, self._generator.latents(seeds), labels, truncation)
        found: Points = self._mapping.run([STYLES], given)[0]
        return found

    def images(self, points: Points, labels: Labels, truncation: float | None) -> Images:
        generator = self._generator
        # One at a time, as a CPU draws a file's images elsewhere: then the end of a walk is its seed's image.
        made = [self._synthesis.run(None, {STYLES: points[i : i + 1]})[0] for i in range(len(points))]
        return as_pixels(np.concatenate(made), generator.metadata, source=str(generator.path))


def open_space(generator: Generator, graph: Graph, name: SpaceName | None, device: Device) -> Space:
    """The space of that name; without one w if the model has it, else z. Raises ConfigError as ``W``."""
    if name == "w" or (name is None and generator.metadata.styles is not None):
        return W(generator, graph, device)
    return Z(generator)
