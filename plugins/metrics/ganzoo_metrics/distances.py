"""Euclidean distances between many points, tile by tile: memory does not grow with their number.

||a - b||^2 = ||a||^2 + ||b||^2 - 2 <a, b>, by matrix products in float32 around a common centre, as features far from the
origin would lose their differences to rounding. The relative error is some 1e-7 of the squared norms: enough to find
neighbours, not to measure copies, whose distances are therefore taken again from the differences.
"""

from collections.abc import Iterator

import numpy as np

from ganzoo.evaluation import Float32, Float64
from ganzoo_metrics.arrays import Ints, Points

_ROWS, _COLUMNS = 2048, 4096  # a tile of distances takes 32 MiB


def tiles(queries: Points, base: Points, *, excluded: Ints | None = None) -> Iterator[tuple[slice, slice, Float32]]:
    """Squared distances of queries (n, dim) to base (m, dim): rows, columns and a tile of them, columns outermost.

    ``excluded`` (n,) is for each query the point of the base that does not count, itself for instance: infinitely far.
    """
    centre = base[:_COLUMNS].mean(axis=0, dtype=np.float64).astype(np.float32)
    centred = queries.astype(np.float32) - centre
    norms = np.einsum("nd,nd->n", centred, centred)
    for left in range(0, len(base), _COLUMNS):
        columns = slice(left, min(left + _COLUMNS, len(base)))
        points = base[columns].astype(np.float32) - centre
        point_norms = np.einsum("nd,nd->n", points, points)
        for top in range(0, len(queries), _ROWS):
            rows = slice(top, min(top + _ROWS, len(queries)))
            tile = centred[rows] @ points.T
            tile *= -2
            tile += norms[rows, np.newaxis]
            tile += point_norms
            np.maximum(tile, 0, out=tile)
            if excluded is not None:
                (hit,) = np.nonzero((excluded[rows] >= columns.start) & (excluded[rows] < columns.stop))
                tile[hit, excluded[rows][hit] - columns.start] = np.inf
            yield rows, columns, tile


def nearest(queries: Points, base: Points, *, excluded: Ints | None = None) -> tuple[Ints, Float64]:
    """The nearest of base (m, dim) to each of queries (n, dim), m >= 1: its index (n,), and the distance (n,)."""
    best, index = np.full(len(queries), np.inf, dtype=np.float32), np.zeros(len(queries), dtype=np.int64)
    for rows, columns, tile in tiles(queries, base, excluded=excluded):
        found = tile.argmin(axis=1)
        distance = tile[np.arange(len(tile)), found]
        closer = distance < best[rows]
        best[rows] = np.where(closer, distance, best[rows])
        index[rows] = np.where(closer, found + columns.start, index[rows])
    return index, between(queries, base, index)


def between(queries: Points, base: Points, index: Ints) -> Float64:
    """||queries[i] - base[index[i]]||, (n,), to the last digit even of copies."""
    distances = np.empty(len(queries))
    for start in range(0, len(queries), 256):
        part = slice(start, start + 256)
        distances[part] = np.linalg.norm(queries[part].astype(np.float64) - base[index[part]], axis=1)
    return distances


def kth_nearest(points: Float32, k: int) -> Float32:
    """The squared distance of each of points (n, dim) to the k-th nearest other, (n,); n > k."""
    best = np.full((len(points), k), np.inf, dtype=np.float32)
    for rows, _, tile in tiles(points, points, excluded=np.arange(len(points), dtype=np.int64)):
        within = np.concatenate([best[rows], tile], axis=1)
        best[rows] = np.partition(within, k - 1, axis=1)[:, :k]
    radii: Float32 = best.max(axis=1)
    return radii
