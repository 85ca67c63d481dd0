"""Fréchet inception distance (Heusel et al. 2017, arXiv:1706.08500), from means and covariances alone."""

from ganzoo import ConfigError, Options
from ganzoo.evaluation import Comparison, Measured, Moments
from ganzoo_metrics.frechet import covariance_factor, frechet_distance


def fid(generated: Moments, reference: Moments) -> float:
    """The Fréchet distance of the Gaussians with these means and unbiased covariances, as torch-fidelity has it."""
    return frechet_distance(
        generated.mean,
        covariance_factor(generated.covariance),
        reference.mean,
        covariance_factor(reference.covariance),
    )


def compute(comparison: Comparison[Options]) -> Measured:
    """Raises ConfigError for fewer than 2 images of either side."""
    generated, reference, dim = comparison.generated, comparison.reference, comparison.extractor.dim
    fewest = min(generated.count, reference.count)
    if fewest < 2:
        raise ConfigError(f"fid compares covariances: it needs 2 images of either side, and has {fewest} of one.")
    notes = []
    if fewest <= dim:
        notes.append(
            f"fid is from {fewest:,} images of one side, too few for a covariance in {dim:,} dimensions of full rank:"
            f" take at least {dim + 1:,}. Values compare at equal numbers of images only."
        )
    return Measured(values={"fid": fid(generated.moments, reference.moments)}, notes=notes)
