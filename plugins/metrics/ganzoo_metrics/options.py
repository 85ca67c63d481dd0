"""The options of every metric. Whatever changes a number is one, so that it is kept beside the number."""

from typing import Annotated

from pydantic import Field, FiniteFloat

from ganzoo import Options

Seed = Annotated[int, Field(ge=0, lt=2**32)]


class KidOptions(Options):
    """Those of the paper's authors and of torch-fidelity."""

    subsets: int = Field(100, ge=2, description="subsets over which the mean is taken")
    size: int = Field(1000, ge=2, description="images of either side in a subset")
    seed: Seed = Field(2020, description="seed of the subsets")


class InceptionScoreOptions(Options):
    """Those of the paper; the seed is torch-fidelity's."""

    splits: int = Field(10, ge=2, description="parts of the images over which the mean is taken")
    shuffle: bool = Field(True, description="shuffle the images first")
    seed: Seed = Field(2020, description="seed of the shuffling")


class PrdcOptions(Options):
    """k of density and coverage, 5; precision and recall's own paper takes 3."""

    k: int = Field(5, ge=1, description="neighbours that a ball reaches to")
    max_images: int = Field(10_000, ge=2, description="images of either side at most")
    seed: Seed = Field(0, description="seed of the choice of images where there are more")


class CasOptions(Options):
    """A training of under a minute for 10,000 images of 28x28 on two cores."""

    max_images: int = Field(10_000, ge=2, description="images to train on at most, generated or real")
    epochs: int = Field(8, ge=1, description="times that the classifier sees each of them")
    seed: Seed = Field(0, description="seed of the classifier's weights, order and choice of images")


class ParzenOptions(Options):
    """Those of the paper's authors, for MNIST."""

    samples: int = Field(10_000, ge=2, description="generated images that the window is laid on at most")
    validation: int = Field(1000, ge=1, description="training images that choose sigma, at most")
    test: int = Field(10_000, ge=2, description="test images at most")
    sigmas: int = Field(10, ge=1, description="widths to choose from, evenly spaced in their logarithm")
    sigma_min: FiniteFloat = Field(0.1, gt=0, description="smallest width; images are in [0, 1]")
    sigma_max: FiniteFloat = Field(1.0, gt=0, description="largest width")
    seed: Seed = Field(0, description="seed of the choice of images")


class MemorisationOptions(Options):
    """2,000 images against the whole training split."""

    max_images: int = Field(2000, ge=2, description="generated images, and real test images, at most")
    max_training: int = Field(60_000, ge=3, description="training images at most")
    seed: Seed = Field(0, description="seed of the choice of images where there are more")


class DuplicatesOptions(Options):
    """Pairs a batch: the paper's 20."""

    size: int = Field(1000, ge=2, description="images in a batch; halved while every batch holds a duplicate")
    batches: int = Field(10, ge=1, description="batches at most")
    pairs: int = Field(
        20, ge=1, description="closest pairs in features of each batch that are compared by their pixels"
    )
    threshold: FiniteFloat = Field(
        0.5, gt=0, le=1, description="share of the real closest pairs' distance below which two images are one"
    )
    seed: Seed = Field(0, description="seed of the batches of real images")


class SwdOptions(Options):
    """7x7 patches and levels down to 16 pixels are the paper's; it takes 16,384 images and 128 patches of each."""

    max_images: int = Field(4096, ge=2, description="images of either side at most")
    patches: int = Field(32, ge=1, description="patches of each image and level")
    patch: int = Field(7, ge=1, description="side of a patch in pixels")
    smallest: int = Field(16, ge=1, description="side in pixels at which the pyramid ends")
    projections: int = Field(512, ge=1, description="random directions")
    seed: Seed = Field(0, description="seed of patches, directions and choice of images")


class MsSsimOptions(Options):
    """How many pairs the mean is over."""

    pairs: int = Field(2000, ge=2, description="pairs of images, shared out evenly among the classes")
    seed: Seed = Field(0, description="seed of the pairs")


class PplOptions(Options):
    """Not the paper's epsilon, 1e-4, at which images of whole grey levels show little but their rounding."""

    pairs: int = Field(2000, ge=2, description="pairs of latents; at most half of the samples")
    epsilon: FiniteFloat = Field(
        0.02, gt=0, le=1, description="share of the way from one latent to another that a step goes"
    )
    seed: Seed = Field(0, description="seed of the places on the ways")
