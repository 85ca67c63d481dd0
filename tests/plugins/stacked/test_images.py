import numpy as np
import pytest

from ganzoo import UnknownName
from ganzoo.data import load_dataset, resize
from ganzoo_stacked.images import CLASS_NAMES, triples


def test_numbers_are_those_of_philox_for_ever():
    # 64-bit words of Philox4x64-10 under key 0, counters 1 to 3, their upper halves times 60,000: computed apart from NumPy.
    expected = [[692, 14492, 6685], [33864, 30142, 16656], [56792, 59163, 15229], [11703, 42702, 7875]]
    assert triples(60_000, key=0)[:4].tolist() == expected
    assert triples(10_000, key=1)[:3].tolist() == [[3035, 8487, 1561], [311, 9002, 520], [7450, 2462, 4082]]


@pytest.mark.parametrize("count", [1, 7, 60_000])
def test_numbers_are_even_and_within_the_digits(count):
    chosen = triples(count, key=0)
    assert chosen.shape == (count, 3)
    assert chosen.min() >= 0
    assert chosen.max() < count
    if count > 1000:
        assert chosen.mean(axis=0) == pytest.approx([(count - 1) / 2] * 3, rel=0.01)
        np.testing.assert_allclose(np.corrcoef(chosen.T), np.eye(3), atol=0.02)


@pytest.mark.parametrize(("split", "count", "key"), [("train", 300, 0), ("test", 100, 1)])
def test_channels_are_digits_of_the_split_and_labels_say_which(zoo, split, count, key):
    data, digits = (zoo.load(name, split=split, resolution=8) for name in ("stacked-mnist", "mnist"))
    assert data.images.shape == (count, 8, 8, 3)
    assert data.images.dtype == np.uint8
    for image, label, chosen in zip(data.images, data.labels, triples(count, key=key), strict=True):
        for channel in range(3):
            np.testing.assert_array_equal(image[..., channel], digits.images[chosen[channel], ..., 0])
        assert data.class_names[label] == "".join(str(digits.labels[i]) for i in chosen)
    assert data.licence == "of the digits"


def test_names_are_three_digits_in_order():
    assert len(set(CLASS_NAMES)) == 1000
    assert (CLASS_NAMES[0], CLASS_NAMES[42], CLASS_NAMES[999]) == ("000", "042", "999")


def test_it_is_the_same_every_time_and_32_pixels_wide(zoo):
    first, again = (zoo.load("stacked-mnist") for _ in range(2))
    assert first.images.shape[1:] == (32, 32, 3)
    np.testing.assert_array_equal(first.images, again.images)
    np.testing.assert_array_equal(first.labels, again.labels)


def test_resized_digits_stacked_are_stacked_digits_resized(zoo):
    small, large = (zoo.load("stacked-mnist", resolution=side).images for side in (8, 13))
    np.testing.assert_array_equal(large, resize(small, 13))


def test_the_digits_are_looked_for_where_mnist_is(zoo, tmp_path):
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "file").touch()
    zoo.load("stacked-mnist", data_dir=tmp_path, split="test")
    (request,) = zoo.asked
    assert request.split == "test"
    assert request.files.local("file") == tmp_path / "mnist" / "file"


def test_without_mnist_in_the_zoo_it_says_so(zoo):
    zoo.registry.datasets._records.pop("mnist")
    with pytest.raises(UnknownName, match="'mnist'"):
        zoo.load("stacked-mnist")


def test_real_digits_have_every_class_in_both_splits(registry, shared_data):
    digits = load_dataset("mnist", registry, data_dir=shared_data, split="test", resolution=28)
    data = load_dataset("stacked-mnist", registry, data_dir=shared_data, split="test", resolution=28)
    assert data.images.shape == (10_000, 28, 28, 3)
    assert data.labels[:8].tolist() == [254, 18, 820, 286, 25, 689, 315, 429]
    assert np.bincount(data.labels).min() > 0
    np.testing.assert_array_equal(data.labels // 100, digits.labels[triples(10_000, key=1)[:, 0]])
    np.testing.assert_array_equal(data.labels % 10, digits.labels[triples(10_000, key=1)[:, 2]])
    assert (len(data.class_names), data.licence) == (1000, "CC BY-SA 3.0")
