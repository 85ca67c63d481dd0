"""What is said of the data before a game begins."""

import numpy as np

from ganzoo.config import Layer, resolve
from ganzoo.registry import get_registry
from ganzoo.training import start


def test_classes_without_an_image_are_named(tmp_path, capsys):
    images, labels = np.zeros((8, 8, 8, 1), np.uint8), np.array([0, 0, 3, 3, 3, 3, 3, 3])
    np.savez(tmp_path / "gaps.npz", images=images, labels=labels)
    for conditional in (False, True):
        settings = {"dataset": f"npz:{tmp_path / 'gaps.npz'}", "batch_size": 4, "steps": 1, "conditional": conditional}
        start(resolve("mlp-ns", get_registry(), [Layer("test", settings)]), get_registry(), tmp_path / str(conditional))
        told = "2 of 4 classes have no image, and will not be learned: 1, 2." in capsys.readouterr().err
        assert told == conditional
