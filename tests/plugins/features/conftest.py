"""Small labelled images, and extractors built from them as an evaluation would."""

from types import SimpleNamespace

import numpy as np
import pluggy
import pytest
import torchvision_shim

import ganzoo_features
from ganzoo import DataError, FeatureContext, ImageData, ImageShape, hookspecs
from ganzoo.data import DataFiles
from ganzoo.registry import Registry


@pytest.fixture(scope="session")
def registry():
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    manager.register(ganzoo_features)
    manager.check_pending()
    return Registry.collect(manager, [])


@pytest.fixture(scope="session")
def digits():
    """``digits(start, stop)``: scikit-learn's digits, uint8 (N, 8, 8, 1), and their labels."""
    from sklearn.datasets import load_digits

    held = load_digits()
    images = (held.images * (255 / 16)).round().astype(np.uint8)[..., None]

    def part(start, stop):
        labels = held.target[start:stop].astype(np.int64)
        return ImageData(images=images[start:stop], labels=labels, class_names=tuple("0123456789"))

    return part


@pytest.fixture
def build(registry, tmp_path):
    """``build("classifier", train, test, epochs=1)`` -> (extractor, what it said). ``test=None``: no such split."""

    def make(name, train, test=None, *, cache=tmp_path / "kept", device="cpu", data_dir=None, **options):
        record, said = registry.features.get(name), []

        def load(split):
            if split == "test" and test is None:
                raise DataError("there is no test split")
            return train if split == "train" else test

        channels = train.images.shape[3] if train else 3
        height, width = train.images.shape[1:3] if train else (32, 32)
        context = FeatureContext(
            options=record.options(**options),
            dataset="toy",
            image_shape=ImageShape(channels, height, width),
            load=load,
            cache=cache,
            files=DataFiles(name, data_dir),
            device=device,
            say=said.append,
        )
        return SimpleNamespace(extractor=record.build(context), said=said)

    return make


@pytest.fixture(scope="session")
def torch_fidelity():
    """The independent judge; without it, the test is skipped."""
    return torchvision_shim.importable_torch_fidelity()
