import subprocess
import sys

import numpy as np


def test_importing_the_plugin_loads_no_heavy_library():
    code = "import sys, ganzoo_datasets; print([m for m in ('numpy', 'torch', 'PIL', 'sklearn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_data_set_says_what_it_is(registry):
    names = [dataset.name for dataset in registry.datasets]
    assert names == ["cifar10", "digits", "fashion-mnist", "folder", "mnist", "npz", "packed", "tar", "zip"]
    assert all(dataset.summary for dataset in registry.datasets)
    assert all(dataset.licence and dataset.paper for dataset in registry.datasets if not dataset.takes_path)


def test_digits_are_grey_sixteen_pixels_wide_and_labelled(load):
    train = load("digits")
    assert train.images.shape == (1500, 16, 16, 1)
    assert train.class_names == tuple("0123456789")
    assert train.licence == "CC BY 4.0"
    assert np.bincount(train.labels).min() >= 146


def test_the_brightest_digit_pixel_is_white_and_the_ground_black(load):
    images = load("digits", resolution=8).images
    assert images.min() == 0
    assert images.max() == 255
    assert np.median(images[:, 0, 0]) == 0


def test_no_digit_is_in_both_splits(load):
    train, test = load("digits", resolution=8), load("digits", split="test", resolution=8)
    assert len(test.images) == 297
    assert np.bincount(test.labels).min() >= 27
    assert not {i.tobytes() for i in train.images} & {i.tobytes() for i in test.images}
