import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo import DataError
from ganzoo_datasets.npz import load as load_npz

GREY = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)


@pytest.fixture
def save(tmp_path):
    def write(*unnamed, **arrays):
        np.savez(tmp_path / "a.npz", *unnamed, **arrays)
        return tmp_path / "a.npz"

    return write


@pytest.mark.parametrize("images", ["images", "x", "x_train", "train_images"])
@pytest.mark.parametrize("labels", ["labels", "y", "y_train", "train_labels"])
def test_the_usual_names_are_found(save, load, images, labels):
    data = load(f"npz:{save(**{images: GREY, labels: np.array([0, 1, 2, 0, 1], np.uint8)})}")
    np.testing.assert_array_equal(data.images[..., 0], GREY)
    assert data.labels.tolist() == [0, 1, 2, 0, 1]
    assert data.class_names == ("0", "1", "2")


def test_unnamed_arrays_are_images_and_labels(save, load):
    data = load(f"npz:{save(GREY, np.arange(5)[:, None])}")
    assert data.images.shape == (5, 4, 4, 1)
    assert data.labels.tolist() == [0, 1, 2, 3, 4]


def test_images_alone_have_no_labels(save, load):
    assert load(f"npz:{save(images=GREY)}").labels is None


def test_class_names_may_be_given(save, load):
    data = load(f"npz:{save(images=GREY, labels=np.zeros(5, int), class_names=['cat', 'dog'])}")
    assert data.class_names == ("cat", "dog")


def test_both_splits_may_stand_in_one_file(save, load):
    path = save(x_train=GREY, x_test=GREY[:2], y_train=np.zeros(5, int), y_test=np.array([0, 1]))
    assert len(load(f"npz:{path}").images) == 5
    assert load(f"npz:{path}", split="test").labels.tolist() == [0, 1]


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_channels_may_come_first_or_last(save, load, channels):
    last = np.random.default_rng(0).integers(0, 256, (2, 6, 6, channels), np.uint8)
    first = last.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(load(f"npz:{save(images=last)}").images, last)
    np.testing.assert_array_equal(load(f"npz:{save(images=first)}").images, last)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"pictures": GREY}, r"no images for split 'train': expected an array named images or x or .*; found pictures"),
        ({"images": GREY / 255}, r"'images' of .*a.npz is float64; expected uint8, 0 \.\.\. 255: .*\(x \* 255\)"),
        ({"images": GREY.astype(np.int64)}, "is int64; expected uint8"),
        ({"images": GREY[0]}, r"has shape \(4, 4\); expected \(N, H, W\)"),
        ({"images": GREY[:0]}, r"has shape \(0, 4, 4\)"),
        ({"images": np.zeros((2, 5, 5, 2), np.uint8)}, r"has shape \(2, 5, 5, 2\)"),
        ({"images": GREY, "labels": np.zeros(4, int)}, r"'labels' of .* is int64 of shape \(4,\); expected 5 integers"),
        ({"images": GREY, "labels": np.zeros(5)}, "is float64 of shape"),
        ({"images": GREY, "labels": np.eye(5, 3, dtype=int)}, r"shape \(5, 3\)"),
        ({"images": GREY, "labels": np.arange(5) - 1}, r"holds -1 \.\.\. 3; expected class numbers"),
        ({"images": GREY, "labels": np.arange(5) * 10**9}, r"holds 0 \.\.\. 4000000000"),
        ({"images": GREY, "labels": np.arange(5), "class_names": ["a"]}, "expected at least 5 strings"),
        ({"images": np.array([{}], object)}, "as an npz file of plain arrays: Object arrays cannot be loaded"),
    ],
)
def test_a_wrong_array_is_named_with_what_was_expected(save, load, arrays, message):
    with pytest.raises(DataError, match=message):
        load(f"npz:{save(**arrays)}")


def test_a_missing_test_split_and_a_missing_file_are_errors(save, load, tmp_path):
    with pytest.raises(DataError, match=r"no images for split 'test': expected an array named images_test or x_test"):
        load(f"npz:{save(images=GREY)}", split="test")
    with pytest.raises(DataError, match=r"There is no file .*b.npz; expected an npz file"):
        load(f"npz:{tmp_path / 'b.npz'}")


def test_a_header_that_lies_about_the_size_is_refused_before_memory_is_taken(tmp_path, load):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": (1 << 40, 8, 8)})
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("images.npy", header.getvalue() + bytes(64))
    with pytest.raises(
        DataError, match=r"images.npy is 192 bytes but says that it holds uint8 of shape \(1099511627776"
    ):
        load(f"npz:{tmp_path / 'a.npz'}")


@settings(derandomize=True, deadline=None, database=None, max_examples=60)
@given(junk=st.binary(max_size=60), inside=st.booleans())
def test_random_bytes_are_a_data_error(ask_for, junk, inside):
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.npz")
        path.write_bytes(junk)
        if inside:
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("images.npy", b"\x93NUMPY" + junk)
        with pytest.raises(DataError):
            load_npz(ask_for(path))


@pytest.fixture(scope="module")
def ask_for():
    from ganzoo import DataRequest
    from ganzoo.data import DataFiles

    return lambda path: DataRequest(path=path, split="train", resolution=None, channels=None, files=DataFiles("npz"))
