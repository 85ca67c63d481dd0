import hashlib
import io
import os
import pickle
import struct
import tarfile
from dataclasses import replace

import numpy as np
import pytest

from ganzoo import DataError
from ganzoo_datasets import cifar10
from ganzoo_datasets.cifar10 import BATCHES, PIXELS, RECORDS, read_members, read_records
from ganzoo_datasets.pickled import read_batch

EVERY = (*BATCHES["train"], *BATCHES["test"])


def python_2_pickle(labels, pixels, globals_=("numpy.core.multiarray _reconstruct", "numpy ndarray", "numpy dtype")):
    """A batch in the very opcodes of the published files, which Python 2 wrote."""
    reconstruct, ndarray, dtype = (b"c" + name.replace(" ", "\n").encode() + b"\n" for name in globals_)

    def text(value):
        return b"U" + bytes([len(value)]) + value

    array = (
        reconstruct + ndarray + b"K\0\x85" + text(b"b") + b"\x87R"
        + b"(K\1M" + struct.pack("<H", pixels.shape[0]) + b"M" + struct.pack("<H", pixels.shape[1]) + b"\x86"
        + dtype + text(b"u1") + b"K\0K\1\x87R(K\3" + text(b"|") + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"
        + b"\x89T" + struct.pack("<I", pixels.size) + pixels.tobytes() + b"tb"
    )  # fmt: skip
    numbers = b"](" + b"".join(b"K" + bytes([label]) for label in labels) + b"e"
    return b"\x80\2}(" + text(b"labels") + numbers + text(b"data") + array + text(b"filenames") + b"]u."


def batch(seed, records=RECORDS):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 10, records, np.uint8), rng.integers(0, 256, (records, PIXELS), np.uint8)


def binary(labels, pixels):
    return np.concatenate([labels[:, None], pixels], axis=1).tobytes()


def tar_of(members):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def md5(content):
    return hashlib.md5(content).hexdigest()


@pytest.fixture
def small(monkeypatch):
    """A CIFAR-10 with 20 images to a batch, in every form, whose checksums are taken for the published ones."""
    monkeypatch.setattr(cifar10, "RECORDS", 20)
    batches = {name: batch(i, 20) for i, name in enumerate(EVERY)}
    forms = {}
    for which, write in (("BINARY", binary), ("PYTHON", python_2_pickle)):
        version = getattr(cifar10, which)
        files = {name + version.suffix: write(*batches[name]) for name in EVERY}
        tar = tar_of({f"{version.folders[1]}{name}": content for name, content in files.items()})
        sums = {name: md5(files[name + version.suffix]) for name in EVERY}
        read = version.read if which == "BINARY" else lambda data, name: read_batch(data, name, (20, PIXELS))
        monkeypatch.setattr(cifar10, which, replace(version, tar_md5=md5(tar), md5=sums, read=read))
        forms |= files | {version.tar: tar}
    return batches, forms


@pytest.mark.parametrize(
    "places",
    [
        ["cifar-10-binary.tar.gz"],
        ["cifar10/cifar-10-python.tar.gz"],
        [f"cifar-10-batches-bin/{name}.bin" for name in EVERY],
        [f"cifar10/cifar-10-batches-py/{name}" for name in EVERY],
        [f"{name}.bin" for name in EVERY],
        [f"cifar-10/{name}" for name in EVERY],
    ],
)
def test_every_published_form_gives_the_same_images(small, load, tmp_path, places):
    batches, forms = small
    for place in places:
        path = tmp_path / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(forms[path.name])
    train, test = load("cifar10", data_dir=tmp_path), load("cifar10", data_dir=tmp_path, split="test")
    assert train.images.shape == (100, 32, 32, 3)
    assert train.class_names[:2] == ("airplane", "automobile")
    np.testing.assert_array_equal(test.labels, batches["test_batch"][0])
    np.testing.assert_array_equal(train.labels[20:40], batches["data_batch_2"][0])
    planes = batches["data_batch_5"][1][7].reshape(3, 32, 32)
    np.testing.assert_array_equal(train.images[87], planes.transpose(1, 2, 0))


def test_one_missing_batch_is_named(small, load, tmp_path):
    (tmp_path / "data_batch_1.bin").write_bytes(small[1]["data_batch_1.bin"])
    with pytest.raises(DataError, match=r"data_batch_2.bin of CIFAR-10 is missing where other batches are"):
        load("cifar10", data_dir=tmp_path)


def test_a_batch_with_other_pixels_is_refused(small, load, tmp_path):
    (tmp_path / "test_batch.bin").write_bytes(small[1]["data_batch_1.bin"])
    with pytest.raises(DataError, match=r"test_batch.bin is damaged or another file"):
        load("cifar10", data_dir=tmp_path, split="test")


def test_a_sample_is_not_taken_for_the_data_set(load, shared_data):
    with pytest.raises(
        DataError, match=r"data_batch_1.bin holds 122920 bytes, 40 images; expected 30730000 bytes, 10000"
    ):
        load("cifar10", data_dir=shared_data / "cifar-10" / "lossless-sample")


def test_a_jpeg_copy_is_not_taken_for_the_data_set(load, shared_data):
    with pytest.raises(DataError, match=r"cifar-10-binary.tar.gz of data set 'cifar10' was not found"):
        load("cifar10", data_dir=shared_data)


def test_a_record_is_a_label_and_three_planes():
    labels, pixels = batch(0)
    read_labels, read_pixels = read_records(binary(labels, pixels), "b")
    np.testing.assert_array_equal(read_labels, labels)
    np.testing.assert_array_equal(read_pixels, pixels)


def test_newer_pickles_of_arrays_are_read_too():
    labels, pixels = batch(0, 3)
    data = pickle.dumps({b"labels": labels.tolist(), b"data": np.asfortranarray(pixels)}, protocol=4)
    read_labels, read_pixels = read_batch(data, "b", (3, PIXELS))
    np.testing.assert_array_equal(read_labels, labels)
    np.testing.assert_array_equal(read_pixels, pixels)


class Malicious:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_a_malicious_pickle_is_refused_and_not_run(tmp_path):
    data = pickle.dumps({b"labels": [0], b"data": Malicious(tmp_path / "owned")})
    with pytest.raises(DataError, match=r"b is no batch of CIFAR-10: it names \w+.mkdir, which is no plain data"):
        read_batch(data, "b", (1, PIXELS))
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "name", ["builtins eval", "numpy load", "numpy.core.multiarray fromfile", "numpy ndarray.tofile"]
)
def test_only_the_three_names_of_an_array_are_understood(name):
    data = python_2_pickle(*batch(0, 1), globals_=(name, "numpy ndarray", "numpy dtype"))
    with pytest.raises(DataError, match=rf"it names {name.replace(' ', '.')}"):
        read_batch(data, "b", (1, PIXELS))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80\2}.",
        pickle.dumps([1, 2]),
        pickle.dumps({b"labels": [0]}),
        pickle.dumps({b"labels": [300], b"data": np.zeros((1, PIXELS), np.uint8)}, protocol=4),
        pickle.dumps({b"labels": [0, 1], b"data": np.zeros((1, PIXELS), np.uint8)}, protocol=4),
        pickle.dumps({b"labels": [0], b"data": np.zeros((2, PIXELS), np.uint8)}, protocol=4),
        pickle.dumps({b"labels": [0], b"data": np.zeros((1, PIXELS), np.int8)}, protocol=4),
        pickle.dumps({b"labels": [0], b"data": np.array([["x"] * PIXELS], object)}, protocol=4),
        python_2_pickle(*batch(0, 1))[:-5000],
    ],
)
def test_any_other_pickle_is_a_data_error(data):
    with pytest.raises(DataError, match=r"b is no batch of CIFAR-10: "):
        read_batch(data, "b", (1, PIXELS))


def test_a_tar_without_the_batches_is_an_error_and_so_is_no_tar(tmp_path):
    path = tmp_path / "a.tar.gz"
    path.write_bytes(tar_of({"x/data_batch_1.bin": b"1"}))
    assert read_members(path, {"data_batch_1.bin"}) == {"data_batch_1.bin": b"1"}
    with pytest.raises(DataError, match=r"lacks test_batch.bin; expected the CIFAR-10 archive"):
        read_members(path, {"data_batch_1.bin", "test_batch.bin"})
    path.write_bytes(b"no tar at all")
    with pytest.raises(DataError, match=r"cannot be read as a tar"):
        read_members(path, {"test_batch.bin"})
