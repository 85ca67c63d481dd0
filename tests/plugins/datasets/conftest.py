import numpy as np
import PIL.Image
import pluggy
import pytest

import ganzoo_datasets
from ganzoo import DataRequest, hookspecs
from ganzoo.data import DataFiles
from ganzoo.data.load import load_dataset
from ganzoo.registry import Registry


@pytest.fixture(scope="session")
def registry():
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    manager.register(ganzoo_datasets, name="datasets")
    manager.check_pending()
    return Registry.collect(manager, [])


@pytest.fixture
def load(registry):
    """``load("folder:PATH", split="test", resolution=8)``: as the trainer loads."""
    return lambda name, **wanted: load_dataset(name, registry, **wanted)


@pytest.fixture
def ask():
    """What a data set's own ``load`` is given."""

    def make(path=None, *, split="train", resolution=None, channels=None, dataset="toy", data_dir=None):
        files = DataFiles(dataset, data_dir)
        return DataRequest(path=path, split=split, resolution=resolution, channels=channels, files=files)

    return make


@pytest.fixture
def paint(tmp_path):
    """``paint("a/1.png", colour, size, mode)`` writes an image of one colour under ``tmp_path / "images"``."""
    root = tmp_path / "images"
    root.mkdir()

    def write(*names, colour="red", size=(16, 16), mode="RGB"):
        for name in names:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            PIL.Image.new(mode, size, colour).save(root / name)
        return root

    return write


@pytest.fixture
def counts():
    """How many images there are of each class."""
    return lambda data: dict(zip(data.class_names, np.bincount(data.labels).tolist(), strict=True))
