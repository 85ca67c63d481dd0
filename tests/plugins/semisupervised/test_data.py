"""Loading, shifting and drawing."""

import itertools

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo import ConfigError, DataError
from ganzoo_semisupervised.data import load, shift, shuffled, to_float


def write_images(folder, names):
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((8, 8), 20 * i, np.uint8)).save(path)


def test_digits_come_in_both_splits():
    data = load("digits", resolution=8)
    assert tuple(data.images.shape) == (1500, 1, 8, 8)
    assert tuple(data.test_images.shape) == (297, 1, 8, 8)
    assert (len(data.labels), len(data.test_labels), data.num_classes) == (1500, 297, 10)


def test_images_without_classes_are_refused(tmp_path):
    write_images(tmp_path, ["a.png", "b.png"])
    with pytest.raises(ConfigError, match="has no labels; semi-supervised learning needs classes"):
        load(f"folder:{tmp_path}")


def test_a_data_set_without_a_test_split_is_refused(tmp_path):
    write_images(tmp_path, ["cat/a.png", "dog/b.png"])
    with pytest.raises(DataError, match="has no test split; expected folders 'train' and 'test'"):
        load(f"folder:{tmp_path}")


def test_own_folders_with_a_test_split_are_taken(tmp_path):
    write_images(tmp_path, ["train/cat/a.png", "train/dog/b.png", "test/dog/c.png"])
    data = load(f"folder:{tmp_path}")
    assert (data.labels.tolist(), data.test_labels.tolist()) == ([0, 1], [1])


def test_images_that_are_too_small_name_the_resolution():
    with pytest.raises(ConfigError, match="4x4 are too small; expected '--resolution 8' or more"):
        load("digits", resolution=4)


def test_pixels_become_numbers_from_0_to_1():
    torch.testing.assert_close(to_float(torch.tensor([0, 51, 255], dtype=torch.uint8)), torch.tensor([0, 0.2, 1]))


def test_shifts_move_whole_images_and_repeat_the_border():
    torch.manual_seed(0)
    rows, columns = torch.meshgrid(torch.arange(6.0), torch.arange(5.0), indexing="ij")
    images = torch.stack([rows, columns]).repeat(200, 1, 1, 1)
    moved, seen = shift(images, 2), set()
    for down, right in moved:
        by = (int(down[2, 0] - 2), int(right[0, 2] - 2))
        seen.add(by)
        torch.testing.assert_close(down, (rows + by[0]).clamp(0, 5))
        torch.testing.assert_close(right, (columns + by[1]).clamp(0, 4))
    assert seen == set(itertools.product(range(-2, 3), repeat=2))


def test_no_shift_leaves_images_alone():
    images = torch.rand(3, 1, 8, 8)
    torch.testing.assert_close(shift(images, 0), images)


def test_every_image_is_drawn_once_before_any_comes_again():
    batches = shuffled(10, 4, torch.Generator().manual_seed(0))
    drawn = torch.cat([next(batches) for _ in range(5)]).tolist()
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert drawn[:10] != drawn[10:]
