"""A zoo in which ``mnist`` is a few of scikit-learn's digits, so that classifiers are trained in a second."""

from types import SimpleNamespace

import numpy as np
import pluggy
import pytest

import ganzoo_features
import ganzoo_stacked
from ganzoo import Dataset, ImageData, hookimpl, hookspecs
from ganzoo.data import load_dataset
from ganzoo.registry import Registry
from ganzoo_stacked import images, modes


def small_mnist(request):
    """300 digits and 100 others, uint8 (N, 8, 8, 1)."""
    from sklearn.datasets import load_digits

    held, part = load_digits(), slice(300) if request.split == "train" else slice(300, 400)
    pixels = (held.images * (255 / 16)).round().astype(np.uint8)[..., None]
    return ImageData(images=pixels[part], labels=held.target[part].astype(np.int64), class_names=tuple("0123456789"))


@pytest.fixture
def zoo(monkeypatch):
    """``registry``; ``load("stacked-mnist", resolution=8)``; ``asked``, the requests that ``mnist`` was given."""
    asked = []

    class Digits:
        @hookimpl
        def register_datasets(self, register):
            load = lambda request: (asked.append(request), small_mnist(request))[1]  # noqa: E731
            register(Dataset(name="mnist", load=load, resolution=32, licence="of the digits"))

    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    for plugin in (ganzoo_stacked, ganzoo_features, Digits()):
        manager.register(plugin)
    registry = Registry.collect(manager, [])
    for module in (images, modes):
        monkeypatch.setattr(module, "get_registry", lambda: registry)
    return SimpleNamespace(
        registry=registry, asked=asked, load=lambda name, **wanted: load_dataset(name, registry, **wanted)
    )
