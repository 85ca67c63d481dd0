from pathlib import Path

import numpy as np
import pytest

from ganzoo import ConfigError, DataError, Dataset, ImageData, Size, UnknownName
from ganzoo.data.load import load_dataset
from ganzoo.registry import Registry


def registry_of(data=None, **fields):
    """A registry with one data set, ``toy``, that gives ``data`` and keeps what it was asked in ``asked``."""
    registry, asked = Registry(), []

    def load(request):
        asked.append(request)
        return data if data is not None else ImageData(images=np.zeros((3, 8, 10, 3), np.uint8))

    registry.datasets.add(Dataset(name="toy", load=load, **fields), "tests")
    return registry, asked


def test_images_come_at_the_resolution_and_channels_asked_for():
    registry, _ = registry_of()
    assert load_dataset("toy", registry, resolution=4, channels=1).images.shape == (3, 4, 4, 1)


def test_the_data_sets_own_resolution_is_the_default():
    registry, asked = registry_of(resolution=16)
    assert load_dataset("toy", registry).images.shape == (3, 16, 16, 3)
    assert asked[0].resolution == (16, 16)


def test_without_any_resolution_the_shorter_side_is_taken():
    registry, _ = registry_of()
    assert load_dataset("toy", registry).images.shape == (3, 8, 8, 3)


def test_what_images_were_cut_from_is_kept():
    registry, _ = registry_of()
    assert load_dataset("toy", registry).cut_from == (8, 10)
    assert load_dataset("toy", registry, resolution=8).cut_from is None


def test_a_set_of_whole_images_is_cut_only_if_it_is_asked_for():
    registry, asked = registry_of(whole=True)
    assert load_dataset("toy", registry).images.shape == (3, 8, 10, 3)
    assert load_dataset("toy", registry, resolution=Size(6, 4)).images.shape == (3, 6, 4, 3)
    assert [request.resolution for request in asked] == [None, Size(6, 4)]


def test_split_and_folder_are_passed_on(tmp_path):
    registry, asked = registry_of()
    load_dataset("toy", registry, split="test", data_dir=tmp_path)
    assert asked[0].split == "test"
    assert asked[0].files.folder() == tmp_path


def test_the_licence_of_the_record_is_used_unless_the_data_say_more():
    registry, _ = registry_of(licence="CC0 1.0")
    assert load_dataset("toy", registry).licence == "CC0 1.0"
    registry, _ = registry_of(ImageData(images=np.zeros((1, 4, 4, 1), np.uint8), licence="MIT"), licence="CC0 1.0")
    assert load_dataset("toy", registry).licence == "MIT"


def test_labels_of_any_integer_type_come_as_int64():
    data = ImageData(images=np.zeros((2, 4, 4, 1), np.uint8), labels=np.array([0, 1], np.uint8), class_names=("a", "b"))
    labels = load_dataset("toy", registry_of(data)[0]).labels
    assert labels.dtype == np.int64
    assert labels.tolist() == [0, 1]


def test_what_stands_behind_the_colon_is_the_path():
    registry, asked = registry_of(takes_path=True)
    load_dataset("toy:some/where:else", registry)
    assert asked[0].path == Path("some/where:else")


def test_a_home_folder_is_expanded_and_an_unknown_one_left_as_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    registry, asked = registry_of(takes_path=True)
    load_dataset("toy:~/x", registry)
    load_dataset("toy:~nobody-of-that-name/x", registry)
    assert asked[0].path == tmp_path / "x"
    assert asked[1].path == Path("~nobody-of-that-name/x")


def test_a_missing_path_and_one_too_many_are_refused():
    with pytest.raises(ConfigError, match=r"needs a path: '--dataset toy:PATH'"):
        load_dataset("toy", registry_of(takes_path=True)[0])
    with pytest.raises(ConfigError, match=r"takes no path; expected '--dataset toy'"):
        load_dataset("toy:x", registry_of()[0])
    with pytest.raises(UnknownName, match="Did you mean 'toy'"):
        load_dataset("toi", registry_of()[0])


GREY = np.zeros((2, 4, 4, 1), np.uint8)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (ImageData(images=np.zeros((2, 4, 4, 1), np.float32)), "type float32"),
        (ImageData(images=np.zeros((2, 4, 4), np.uint8)), r"shape \(2, 4, 4\)"),
        (ImageData(images=np.zeros((2, 4, 4, 2), np.uint8)), r"expected uint8 \(N, H, W, 1\|3\|4\)"),
        (ImageData(images=np.zeros((0, 4, 4, 1), np.uint8)), "holds no images"),
        (ImageData(images=np.zeros((2, 0, 4, 1), np.uint8)), "holds no images"),
        (ImageData(images=GREY, labels=np.array([0]), class_names=("a",)), "1 labels for 2 images"),
        (ImageData(images=GREY, labels=np.array([0, 1]), class_names=("a",)), r"labels 0 \.\.\. 1 but 1 class names"),
        (ImageData(images=GREY, labels=np.array([-1, 0]), class_names=("a",)), r"labels -1 \.\.\. 0"),
        (ImageData(images=GREY, labels=np.zeros(2, int), class_names=("",)), "class name ''; expected different names"),
        (
            ImageData(images=GREY, labels=np.zeros(2, int), class_names=("x" * 201,)),
            "expected different names of 1 to 200",
        ),
        (ImageData(images=GREY, labels=np.zeros(2, int), class_names=("a", "a")), "class name 'a'"),
        (ImageData(images=GREY, labels=np.zeros(2, int), class_names=("\ud800",)), "has the class name"),
        (ImageData(images=GREY, labels=np.zeros(2), class_names=("a",)), "labels of type float64"),
        (ImageData(images=GREY, labels=np.zeros((2, 1), int), class_names=("a",)), r"shape \(2, 1\)"),
    ],
)
def test_a_broken_data_set_is_named(data, message):
    with pytest.raises(DataError, match=message) as caught:
        load_dataset("toy", registry_of(data)[0])
    assert "'toy'" in str(caught.value)
