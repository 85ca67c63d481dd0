import gzip
import re
import shutil
import struct
import tracemalloc
from math import prod
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo import DataError
from ganzoo_datasets import mnist
from ganzoo_datasets.idx import read_idx

STILL = settings(derandomize=True, deadline=None, database=None, max_examples=50)


def idx(shape, data, magic=None):
    magic = bytes([0, 0, 8, len(shape)]) if magic is None else magic
    return magic + struct.pack(f">{len(shape)}I", *shape) + data


@STILL
@given(shape=st.lists(st.integers(0, 5), min_size=1, max_size=3).map(tuple), packed=st.booleans(), data=st.data())
def test_what_is_written_as_idx_is_read_back(shape, packed, data):
    values = data.draw(st.binary(min_size=prod(shape), max_size=prod(shape)))
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.gz" if packed else "a")
        path.write_bytes(gzip.compress(idx(shape, values)) if packed else idx(shape, values))
        read = read_idx(path, shape)
    assert read.shape == shape
    assert read.tobytes() == values


@STILL
@given(content=st.binary(max_size=40), packed=st.booleans(), suffix=st.sampled_from(["", ".gz"]))
def test_random_bytes_are_a_data_error_at_worst(content, packed, suffix):
    with TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        path.write_bytes(gzip.compress(content) if packed else content)
        with pytest.raises(DataError):
            read_idx(path, (3, 2, 2))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx((3, 2, 2), bytes(12), magic=b"\0\0\x0d\3"), r"no IDX file of 3-d bytes: it begins .*\\r\\x03', expected"),
        (idx((3, 2), bytes(6)), "no IDX file of 3-d bytes"),
        (b"", "begins b''"),
        (b"\0\0\x08\3\0\0", r"ends within its header; expected the sizes \(3, 2, 2\)"),
        (idx((4, 2, 2), bytes(16)), r"says that it holds \(4, 2, 2\); expected \(3, 2, 2\)"),
        (idx((3, 2, 2), bytes(11)), "holds 11 bytes after its header; expected 12 bytes"),
        (idx((3, 2, 2), bytes(13)), "holds more after its header; expected 12 bytes"),
    ],
)
def test_a_wrong_idx_file_is_named_with_what_was_expected(tmp_path, content, message):
    (tmp_path / "numbers").write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_idx(tmp_path / "numbers", (3, 2, 2))
    assert str(tmp_path / "numbers") in str(caught.value)


def test_a_gzip_that_ends_early_is_an_error(tmp_path):
    (tmp_path / "a.gz").write_bytes(gzip.compress(idx((3, 2, 2), bytes(12)))[:-9])
    with pytest.raises(DataError, match="cannot be read as IDX"):
        read_idx(tmp_path / "a.gz", (3, 2, 2))


def test_a_header_that_promises_gigabytes_takes_none(tmp_path):
    shape = (1 << 20, 1 << 10, 1 << 10)
    (tmp_path / "a").write_bytes(idx(shape, bytes(100)))
    tracemalloc.start()
    with pytest.raises(DataError, match="holds 100 bytes"):
        read_idx(tmp_path / "a", shape)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize(("name", "mean"), [("mnist", 33.318421), ("fashion-mnist", 72.940354)])
def test_the_real_files_have_the_published_counts_and_mean(load, shared_data, name, mean):
    train = load(name, data_dir=shared_data, resolution=28)
    assert train.images.shape == (60_000, 28, 28, 1)
    assert train.images.mean() == pytest.approx(mean, abs=1e-4)
    assert len(train.class_names) == 10
    assert np.bincount(train.labels, minlength=10).min() > 5000


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_test_split_comes_at_32_pixels_by_default(load, shared_data, name):
    test = load(name, data_dir=shared_data, split="test")
    assert test.images.shape == (10_000, 32, 32, 1)
    assert np.bincount(test.labels).tolist() == (
        [1000] * 10 if name == "fashion-mnist" else [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    )


def test_the_folder_of_the_set_itself_will_do_and_unpacked_files_too(load, shared_data, tmp_path):
    with gzip.open(shared_data / "mnist/t10k-images-idx3-ubyte.gz") as packed:
        (tmp_path / "t10k-images-idx3-ubyte").write_bytes(packed.read())
    shutil.copy(shared_data / "mnist/t10k-labels-idx1-ubyte.gz", tmp_path)
    expected = load("mnist", data_dir=shared_data / "mnist", split="test", resolution=28)
    np.testing.assert_array_equal(load("mnist", data_dir=tmp_path, split="test", resolution=28).images, expected.images)


def test_unpacked_files_are_checked_too(load, tmp_path):
    (tmp_path / "train-images-idx3-ubyte").write_bytes(idx((60_000, 28, 28), bytes(60_000 * 28 * 28)))
    with pytest.raises(DataError, match="train-images-idx3-ubyte is damaged or another file: md5"):
        load("mnist", data_dir=tmp_path)


def test_fashion_is_not_taken_for_digits(load, shared_data):
    with pytest.raises(DataError, match="is damaged or another file"):
        load("mnist", data_dir=shared_data / "fashion-mnist")


@pytest.mark.parametrize(("name", "source"), [("mnist", mnist.MNIST), ("fashion-mnist", mnist.FASHION_MNIST)])
def test_without_files_and_network_every_mirror_is_named(load, name, source):
    with pytest.raises(DataError) as caught:
        load(name)
    for mirror in source.mirrors:
        assert re.search(rf"tried {re.escape(mirror)}train-images-idx3-ubyte.gz: ", str(caught.value))
    assert f"into DIR/{name}/" in str(caught.value)
