import numpy as np
import pytest
import torch

from ganzoo import ImageShape
from ganzoo_features.training import OFTEN, default_epochs, shifted, train


@pytest.mark.parametrize(("size", "reach"), [(8, 1), (16, 1), (32, 2), (64, 4)])
def test_each_image_is_moved_by_its_own_few_pixels_and_its_border_repeated(size, reach):
    images = torch.randint(0, 256, (200, size, size, 1), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    moved = shifted(images, torch.Generator().manual_seed(2))
    padded = torch.nn.functional.pad(images.float().permute(0, 3, 1, 2), (reach,) * 4, mode="replicate")
    windows = {
        (dy, dx): padded[:, 0, dy : dy + size, dx : dx + size]
        for dy in range(2 * reach + 1)
        for dx in range(2 * reach + 1)
    }
    chosen = [{at for at, w in windows.items() if torch.equal(w[i], moved[i, :, :, 0].float())} for i in range(200)]
    assert all(len(which) == 1 for which in chosen)
    assert len(set.union(*chosen)) > len(windows) / 2


def test_epochs_grow_as_images_become_few_within_bounds():
    epochs = [default_epochs(n) for n in (10, 1_500, 30_000, 60_000, 10**6)]
    assert epochs == sorted(epochs, reverse=True)
    assert epochs[0] == epochs[1] == 20
    assert epochs[2] == 8
    assert epochs[3] == 4
    assert epochs[-1] == 4


@pytest.mark.parametrize(("epochs", "moved"), [(OFTEN - 1, False), (OFTEN, True)])
def test_images_are_moved_only_if_they_are_seen_often(monkeypatch, epochs, moved):
    calls = []
    monkeypatch.setattr("ganzoo_features.training.shifted", lambda images, random: calls.append(1) or images)
    images, labels = np.zeros((8, 8, 8, 1), np.uint8), np.arange(8) % 2
    settings = {"epochs": epochs, "seed": 0, "device": torch.device("cpu"), "say": print}
    train(ImageShape(1, 8, 8), 2, images, labels, **settings)
    assert bool(calls) is moved
