"""Where the rooms are, and every architecture made small."""

import typing
from pathlib import Path

import pytest
from small_networks import small_options

from ganzoo import ConfigError, ImageShape, NetworkConfig

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return ROOT


@pytest.fixture(scope="session")
def plugin_packages():
    """The folder of every plugin's package, by the package's name."""
    return {path.name: path for path in sorted(ROOT.glob("plugins/*/ganzoo_*")) if path.is_dir()}


@pytest.fixture(scope="session")
def tiny():
    """``tiny(architecture)``: options that make its networks small."""
    return small_options


@pytest.fixture(scope="session")
def request_of(tiny):
    """``request_of(architecture, num_classes=3)``: what to build it from, small, at its smallest resolution from 8 on."""

    def request(architecture, *, num_classes=0, channels=3, z_dim=5, **options):
        chosen = architecture.options.model_validate(tiny(architecture) | options)
        for resolution in (8, 16, 32, 64):
            shape = ImageShape(channels, resolution, resolution)
            config = NetworkConfig(image_shape=shape, z_dim=z_dim, num_classes=num_classes, options=chosen)
            try:
                if architecture.check:
                    architecture.check(config)
            except ConfigError:
                continue
            return config
        raise AssertionError(f"{architecture.name} refuses every resolution up to 64")

    return request


def choices(architecture):
    """{option: value} for every value of every option that is chosen by name, and what has to be said besides."""
    other_norms = {"conditioning": "concat"} if "conditioning" in architecture.options.model_fields else {}
    for name, field in architecture.options.model_fields.items():
        for value in typing.get_args(field.annotation) if typing.get_origin(field.annotation) is typing.Literal else ():
            yield {name: value} | (other_norms if name == "norm_g" and value != "batch" else {})


def pytest_generate_tests(metafunc):
    """Run a test with a parameter ``architecture``, ``num_classes``, ``loss`` or ``choice`` for each there is."""
    from ganzoo.registry import get_registry

    registry = get_registry()
    if "architecture" in metafunc.fixturenames:
        every = [(a, n) for a in registry.architectures for n in ([0, 3] if a.conditional else [0])]
        ids = [f"{a.name}-{'conditional' if n else 'unconditional'}" for a, n in every]
        if "choice" in metafunc.fixturenames:
            every = [(a, n, choice) for a, n in every for choice in choices(a)]
            ids = ["-".join(map(str, (a.name, *next(iter(choice.items())), n))) for a, n, choice in every]
            metafunc.parametrize(("architecture", "num_classes", "choice"), every, ids=ids)
        else:
            metafunc.parametrize(("architecture", "num_classes"), every, ids=ids)
    if "loss" in metafunc.fixturenames:
        metafunc.parametrize("loss", list(registry.losses), ids=lambda loss: loss.name)


@pytest.fixture(scope="session")
def small_game(tiny, request_of):
    """``small_game(architecture, loss, num_classes, registry)``: a configuration and random images for it."""
    import numpy as np

    from ganzoo import ImageData
    from ganzoo.config import Layer, resolve

    def build(architecture, loss, num_classes, registry, **settings):
        shape = request_of(architecture).image_shape
        pixels = (10, shape.height, shape.width, shape.channels)
        data = ImageData(
            images=np.random.default_rng(0).integers(0, 256, pixels, dtype=np.uint8),
            labels=np.arange(10) % num_classes if num_classes else None,
            class_names=tuple(map(str, range(num_classes))),
        )
        small = {f"arch.{key}": value for key, value in tiny(architecture).items()}
        asked = {"batch_size": 4, "z_dim": 5, "conditional": bool(num_classes)}
        layer = Layer("test", asked | small | settings)
        return resolve(f"{architecture.name}-{loss.name}", registry, [layer]).config, data

    return build


@pytest.fixture
def under_every_technique(registry, start):
    """``under_every_technique(architecture, num_classes)``: (name, state or None) for each regularizer and augmentation.

    The state is of a game under it, by the module's own ``start``; None where the architecture cannot carry it.
    """
    # Batch norm is in the way of some, and not every architecture can leave it out.
    ways = ({}, {"arch.norm_d": "none"}, {"arch.norm_g": "none", "arch.norm_d": "none"})

    def first(architecture, num_classes, asked):
        for settings in ways:
            try:
                return start(architecture, registry.losses.get("ns"), num_classes, **asked, **settings)
            except ConfigError:
                continue
        return None

    def each(architecture, num_classes):
        for table in ("regularizers", "augmentations"):
            for record in getattr(registry, table):
                yield record.name, first(architecture, num_classes, {f"{table}.{record.name}": {}})

    return each
