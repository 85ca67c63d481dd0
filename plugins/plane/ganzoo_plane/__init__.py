"""Points in the plane for ganzoo: data sets, small networks, and how many modes a generator has found.

A point is an image of one row and two pixels, x and y, each from -1 (0) to 1 (255): it trains, exports, is sampled and measured
like any other, in seconds on a CPU.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import Field

from ganzoo import (
    Architecture,
    DataRequest,
    Dataset,
    FeatureContext,
    FeatureExtractor,
    ImageData,
    Metric,
    NetworkConfig,
    Options,
    hookimpl,
)

if TYPE_CHECKING:
    from torch import nn

    from ganzoo.evaluation import Comparison, Extractor, Measured

DATASETS = {
    "ring8": "Eight normal distributions on a circle.",
    "grid25": "Twenty-five normal distributions on a square grid.",
    "swiss-roll": "A spiral.",
    "two-moons": "Two half circles, one in the other's arms.",
    "parallel-lines": "A line, U[0, 1] at x = 0, to which a generator's own line may be parallel.",
}
MODAL = ("ring8", "grid25")  # whose classes are modes, far apart

# Metz et al. 2017 (unrolled GANs) train their ring with Adam, beta1 0.5. A rate at which seconds are enough, and plain z; momenta
# and the kind of optimizer are the loss's.
TOY_TRAINING: dict[str, Any] = {
    "dataset": "ring8",
    "z_dim": 16,
    "z_distribution": "normal",
    "batch_size": 256,
    "kimg": 1000,
    "optimizer_g.lr": 1e-3,
    "optimizer_d.lr": 1e-3,
    "ema_halflife_kimg": 20.0,
    "sample_every": 50.0,
    "checkpoint_every": 250.0,
}


class ToyOptions(Options):
    """Wide enough for twenty-five modes."""

    width: int = Field(128, ge=1, le=4096, description="units of each hidden layer")
    depth: int = Field(3, ge=1, le=16, description="hidden layers")


class ModesOptions(Options):
    """What counts as one of a mode's own, as most papers have it, and how many of those find it.

    Many papers take one good point for a mode found. Points strewn over the plane then find them all.
    """

    deviations: float = Field(3.0, gt=0, description="standard deviations from a mode within which a point is good")
    least_share: float = Field(
        0.1, ge=0, le=1, description="of a mode's even share, what finds it; 0 is one good point"
    )


def build_generator(config: NetworkConfig[ToyOptions]) -> nn.Module:
    from ganzoo_plane.networks import Generator  # torch loads here, not at --help

    return Generator(config)


def build_discriminator(config: NetworkConfig[ToyOptions]) -> nn.Module:
    from ganzoo_plane.networks import Discriminator

    return Discriminator(config)


def load(name: str, request: DataRequest) -> ImageData:
    from ganzoo_plane import points

    return points.load(name, request.split)


def build_points(context: FeatureContext[Options]) -> Extractor:
    from ganzoo_plane.modes import Points

    return Points(context)


def measure_modes(comparison: Comparison[ModesOptions]) -> Measured:
    from ganzoo_plane import modes

    return modes.measure(comparison)


@hookimpl
def register_architectures(register: Callable[[Architecture], None]) -> None:
    register(
        Architecture(
            name="toy",
            generator=build_generator,
            discriminator=build_discriminator,
            options=ToyOptions,
            conditional=True,
            defaults=TOY_TRAINING,
            paper="arXiv:1611.02163",
            summary="Small fully connected networks without norms, for points in the plane.",
        )
    )


@hookimpl
def register_datasets(register: Callable[[Dataset], None]) -> None:
    for name, summary in DATASETS.items():
        register(
            Dataset(
                name=name,
                load=partial(load, name),
                fixed=True,
                features="points",
                metrics=("modes",) if name in MODAL else ("fid",),
                licence="CC0-1.0",
                summary=summary,
            )
        )


@hookimpl
def register_features(register: Callable[[FeatureExtractor], None]) -> None:
    register(
        FeatureExtractor(
            name="points",
            build=build_points,
            summary="Points in the plane as they are; their classes by the nearest mode.",
        )
    )


@hookimpl
def register_metrics(register: Callable[[Metric], None]) -> None:
    register(
        Metric(
            name="modes",
            compute=measure_modes,
            gives={"modes_found": "higher", "high_quality": "higher", "modes_kl": "lower"},
            needs={"features", "extractor"},
            options=ModesOptions,
            paper="arXiv:1712.04086",
            summary="Modes that are found, the share of good points, and how evenly they are spread.",
        )
    )
