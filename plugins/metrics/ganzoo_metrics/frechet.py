"""The Fréchet distance of two Gaussians, and how its matrix square root is avoided.

Any F with F'F = S is a factor of the covariance S, and tr sqrt(S1 S2) is the sum of the singular values of F1 F2': their
squares are the eigenvalues of S1 S2. No square root is taken of what rounding leaves of a zero eigenvalue, so singular
covariances, from fewer images than dimensions, cost no accuracy.
"""

import numpy as np

from ganzoo.evaluation import Float32, Float64


def covariance_factor(covariance: Float64) -> Float64:
    """A factor (rank, dim) of a covariance (dim, dim)."""
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    kept = eigenvalues > eigenvalues[-1] * len(eigenvalues) * np.finfo(np.float64).eps
    factor: Float64 = np.sqrt(eigenvalues[kept])[:, np.newaxis] * eigenvectors[:, kept].T
    return factor


def feature_factor(features: Float32) -> Float64:
    """A factor (N, dim) of the unbiased covariance of features (N, dim), N >= 2."""
    rows = features.astype(np.float64)
    factor: Float64 = (rows - rows.mean(axis=0)) / np.sqrt(len(rows) - 1)
    return factor


def frechet_distance(mean1: Float64, factor1: Float64, mean2: Float64, factor2: Float64) -> float:
    """||m1 - m2||^2 + tr(S1 + S2 - 2 sqrt(S1 S2)), squared units of the features; means (dim,), factors (r, dim) of S.

    Source: Heusel et al. 2017, arXiv:1706.08500, equation 6; Dowson & Landau 1982, doi:10.1016/0047-259X(82)90077-X.
    """
    shift = mean1 - mean2
    cross = np.linalg.svd(factor1 @ factor2.T, compute_uv=False).sum()
    distance = shift @ shift + np.square(factor1).sum() + np.square(factor2).sum() - 2 * cross
    return max(float(distance), 0.0)  # rounding can leave it just below
