"""Metrics for ganzoo: what generated images are worth beside real ones, by the field's measures and their own arithmetic."""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ganzoo import Metric, hookimpl
from ganzoo_metrics.options import (
    CasOptions,
    DuplicatesOptions,
    InceptionScoreOptions,
    KidOptions,
    MemorisationOptions,
    MsSsimOptions,
    ParzenOptions,
    PplOptions,
    PrdcOptions,
    SwdOptions,
)

if TYPE_CHECKING:
    from ganzoo.evaluation import Comparison, Measured


def _from(module: str, function: str = "compute") -> "Callable[[Comparison[Any]], Measured]":
    """The function of a module of this package that is imported, with NumPy or torch, when it is first called."""

    def compute(comparison: "Comparison[Any]") -> "Measured":
        measured: Measured = getattr(import_module(f"ganzoo_metrics.{module}"), function)(comparison)
        return measured

    return compute


@hookimpl
def register_metrics(register: Callable[[Metric], None]) -> None:
    register(
        Metric(
            name="fid",
            compute=_from("fid"),
            gives={"fid": "lower"},
            needs={"moments"},
            default=True,
            paper="arXiv:1706.08500",
            summary="Fréchet distance of the features' means and covariances.",
        )
    )
    register(
        Metric(
            name="kid",
            compute=_from("kid"),
            gives={"kid": "lower"},
            needs={"features"},
            options=KidOptions,
            default=True,
            paper="arXiv:1801.01401",
            summary="Unbiased squared maximum mean discrepancy of features; good for few images.",
        )
    )
    register(
        Metric(
            name="is",
            compute=_from("inception_score"),
            gives={"is": "higher"},
            needs={"probabilities"},
            options=InceptionScoreOptions,
            default=True,
            paper="arXiv:1606.03498",
            summary="Inception score: classes are certain for an image, and many over all images.",
        )
    )
    register(
        Metric(
            name="prdc",
            compute=_from("prdc"),
            gives={"precision": "higher", "recall": "higher", "density": "higher", "coverage": "higher"},
            needs={"features"},
            options=PrdcOptions,
            default=True,
            paper="arXiv:2002.09797",
            summary="Precision, recall, density and coverage: quality and variety apart.",
        )
    )
    register(
        Metric(
            name="intra-fid",
            compute=_from("intra_fid"),
            gives={"intra_fid": "lower"},
            needs={"features", "labels"},
            paper="arXiv:1802.05637",
            summary="Mean over classes of the FID within each.",
        )
    )
    register(
        Metric(
            name="cas",
            compute=_from("cas"),
            gives={"cas": "higher", "cas_real": "neither", "cas_ratio": "higher"},
            needs={"images", "labels"},
            options=CasOptions,
            paper="arXiv:1905.10887",
            summary="Accuracy on real images of a classifier trained on generated ones.",
        )
    )
    register(
        Metric(
            name="parzen",
            compute=_from("parzen"),
            gives={"parzen": "higher", "parzen_sigma": "neither"},
            needs={"images"},
            options=ParzenOptions,
            paper="arXiv:1406.2661",
            summary="Log-likelihood in nats of test images under a Gaussian window on generated ones.",
        )
    )
    register(
        Metric(
            name="memorisation",
            compute=_from("memorisation"),
            gives={
                "memorisation_pixels": "neither",
                "memorisation_features": "neither",
                "authenticity_pixels": "higher",
                "authenticity": "higher",
            },
            needs={"features", "images"},
            options=MemorisationOptions,
            paper="arXiv:2102.08921",
            summary="Copies of training images, beside how near unseen real images come to them.",
        )
    )
    register(
        Metric(
            name="duplicates",
            compute=_from("duplicates"),
            gives={"support_size": "higher", "duplicate_share": "lower", "duplicate_distance": "neither"},
            needs={"features", "images"},
            options=DuplicatesOptions,
            paper="arXiv:1706.08224",
            summary="Birthday paradox test: how many different images the model has.",
        )
    )
    register(
        Metric(
            name="classes",
            compute=_from("classes"),
            gives={"modes": "higher", "class_kl": "lower", "class_entropy": "neither"},
            needs={"probabilities"},
            paper="arXiv:1712.04086",
            summary="Classes that generated images are taken for, and how their shares differ from the data's.",
        )
    )
    register(
        Metric(
            name="class-accuracy",
            compute=_from("asked", "accuracy"),
            gives={"class_accuracy": "higher"},
            needs={"probabilities", "labels"},
            paper="arXiv:1610.09585",
            summary="Share of generated images that are taken for the class asked for.",
        )
    )
    register(
        Metric(
            name="class-purity",
            compute=_from("asked", "purity"),
            gives={"class_purity": "higher"},
            needs={"probabilities"},
            paper="arXiv:1606.03657",
            summary="Share taken for the likeliest class of their code, whose meaning the model chose itself.",
        )
    )
    register(
        Metric(
            name="swd",
            compute=_from("swd"),
            gives={"swd": "lower"},
            needs={"images"},
            options=SwdOptions,
            paper="arXiv:1710.10196",
            summary="Sliced Wasserstein distance of patches, for each scale of an image pyramid.",
        )
    )
    register(
        Metric(
            name="ms-ssim",
            compute=_from("ms_ssim"),
            gives={"ms_ssim": "neither", "ms_ssim_real": "neither"},
            needs={"images"},
            options=MsSsimOptions,
            paper="arXiv:1610.09585",
            summary="Likeness of pairs of generated images, beside that of real ones.",
        )
    )
    register(
        Metric(
            name="intra-ms-ssim",
            compute=_from("ms_ssim", "compute_within_classes"),
            gives={"intra_ms_ssim": "neither", "intra_ms_ssim_real": "neither"},
            needs={"images", "labels"},
            options=MsSsimOptions,
            paper="arXiv:1610.09585",
            summary="Likeness of pairs of generated images of one class, beside that of real ones.",
        )
    )
    register(
        Metric(
            name="ppl",
            compute=_from("ppl"),
            gives={"ppl": "lower"},
            needs={"generator", "extractor"},
            options=PplOptions,
            paper="arXiv:1812.04948",
            summary="Perceptual path length: how evenly features move on the way between latents.",
        )
    )
    register(
        Metric(
            name="spectrum",
            compute=_from("spectrum"),
            gives={"spectrum_db": "lower"},
            needs={"images"},
            paper="arXiv:2003.01826",
            summary="Difference of the power spectra, in decibels: the marks of upsampling.",
        )
    )
