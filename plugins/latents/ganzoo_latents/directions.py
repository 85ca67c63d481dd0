"""Directions of latents along which images change most, found without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ganzoo import ConfigError
from ganzoo_latents.cut import Graph
from ganzoo_latents.space import Space
from ganzoo_latents.weights import weights_on
from ganzoo_serve.generator import Generator
from ganzoo_serve.graph import feed
from ganzoo_serve.runtime import Device

Method: TypeAlias = Literal["sefa", "pca"]
SAMPLES = 4096  # latents that statistics are taken over
_RECTIFIERS = {"Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Softplus", "Sigmoid", "Tanh", "Gelu"}


@dataclass(frozen=True)
class Directions:
    """``vectors`` (k, dim) of length 1, the strongest first; ``shares`` (k,) of the ``whole``; ``deviations`` (k,) of the space's
    points along them."""

    method: Method
    whole: str
    vectors: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    deviations: npt.NDArray[np.float64]


def find_directions(
    generator: Generator, graph: Graph, space: Space, *, method: Method | None, count: int, device: Device
) -> Directions:
    """The ``count`` strongest directions of a space. Without a ``method`` SeFa where the graph shows the weights, else PCA.

    Raises ConfigError for SeFa of a graph that does not show them, PCA of one that has nothing to be taken apart, and a model in
    which no direction changes anything.
    """
    seeds = range(SAMPLES)
    labels = generator.labels(seeds)
    points = space.points(seeds, labels, None)
    flat = points if points.ndim == 2 else points[:, 0]  # w is the same for all layers
    weights = weights_on(graph, space.name, flat.shape[1]) if method != "pca" else np.zeros((0, 0))
    if method == "sefa" and not len(weights):
        raise ConfigError(
            f"Model '{generator.name}' does not show which weights meet {space.name} first: use '--method pca'."
        )
    found: Method = "sefa" if len(weights) else "pca"
    compared: npt.NDArray[np.floating] = weights
    if found == "pca":
        compared = flat if space.name == "w" else _activations(generator, graph, flat, labels, device)
    if not (np.isfinite(compared).all() and np.any(compared != compared[:1] if found == "pca" else compared)):
        raise ConfigError(
            f"Model '{generator.name}' has no directions by {found}: its {space.name} changes nothing, or is no number. "
            "Was it trained? Look at its images with 'ganzoo sample'."
        )
    if found == "sefa":
        vectors, strengths = sefa(weights)
        whole = f"the squared weights on {space.name}"
    elif space.name == "w":
        vectors, strengths = principal(flat)
        whole = "the variance of w"
    else:
        vectors, strengths = regressed(flat, compared)
        whole = "the variance of the first rectified layer"
    vectors = _signed(vectors[:count])
    return Directions(found, whole, vectors, (strengths / strengths.sum())[:count], (flat @ vectors.T).std(0))


def sefa(weights: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Eigenvectors of A'A, the largest eigenvalue first, and the eigenvalues: A n changes most along them.

    (rows, dim) -> (dim, dim), (dim,). Source: Shen & Zhou 2021, arXiv:2007.06600, equation 7.
    """
    values, vectors = np.linalg.eigh(weights.T @ weights)
    return vectors.T[::-1], values[::-1].clip(min=0)


def principal(points: npt.NDArray[np.floating]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Principal axes (dim, dim) and variances (dim,) of points (n, dim).

    Source: Härkönen et al. 2020 (GANSpace), arXiv:2004.02546, section 2.1.
    """
    centred = points.astype(np.float64) - points.mean(0, dtype=np.float64)
    return sefa(centred / np.sqrt(len(points)))


def regressed(
    points: npt.NDArray[np.floating], features: npt.NDArray[np.floating]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Directions of points (n, dim) that move features (n, F) along their principal axes, with the axes' variances.

    Coordinates along the axes are taken, and the points are regressed on them. Source: Härkönen et al. 2020, arXiv:2004.02546,
    section 2.2, equation 3.
    """
    from sklearn.decomposition import PCA

    axes = min(points.shape[1], *features.shape)
    solver = PCA(n_components=axes, svd_solver="randomized" if axes < min(features.shape) else "full", random_state=0)
    coordinates = solver.fit_transform(features.astype(np.float64))
    moved = coordinates.T @ (
        points - points.mean(0, dtype=np.float64)
    )  # coordinates are uncorrelated: one regression each
    lengths = np.linalg.norm(moved, axis=1, keepdims=True)
    return moved / np.where(lengths > 0, lengths, 1), solver.explained_variance_


def _activations(
    generator: Generator,
    graph: Graph,
    points: npt.NDArray[np.float32],
    labels: npt.NDArray[np.int64] | None,
    device: Device,
) -> npt.NDArray[np.float32]:
    """What the first rectifier that z reaches lets through, flattened: float32 (n, F)."""
    reached = {"z"}
    for node in graph.nodes:
        if not reached.isdisjoint(node.input):
            if node.op_type in _RECTIFIERS:
                break
            reached.update(node.output)
    else:
        raise ConfigError(f"Model '{generator.name}' has no rectifier whose output could be taken apart.")
    given = feed(generator.metadata, points, labels)
    name = node.output[0]
    needed = [key for key in given if key == "z" or _reaches(graph, key, name)]
    session = graph.between(needed, [name], device)
    parts = []
    for start in range(0, len(points), 64):
        part = {key: given[key] if given[key].ndim == 0 else given[key][start : start + 64] for key in needed}
        parts.append(session.run([name], part)[0].reshape(len(points[start : start + 64]), -1))
    return np.concatenate(parts)


def _reaches(graph: Graph, begin: str, end: str) -> bool:
    reached = {begin}
    for node in graph.nodes:
        if not reached.isdisjoint(node.input):
            reached.update(node.output)
    return end in reached


def _signed(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same axes, each with its largest number positive: which way it points is otherwise chance."""
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(1)[:, None], axis=1)
    return vectors * np.where(largest < 0, -1, 1)
