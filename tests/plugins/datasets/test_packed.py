"""packed: what was packed of a folder, read back; and files that are no longer what was packed."""

import json
import subprocess
import sys

import numpy as np
import pytest

from ganzoo import ConfigError, DataError
from ganzoo.data import NoSplit, Pack, content_sha256
from ganzoo.data.packing.pack import PackRequest, pack
from ganzoo.data.packing.packed import npy_header
from ganzoo.progress import Stages


@pytest.fixture
def make(registry, tmp_path):
    """``make("folder:PATH", resolution=8)``: a packed folder."""

    def packed(source, **options):
        request = PackRequest(source=source, out=tmp_path / "packed", workers=1, **options)
        return pack(request, registry, Stages(quiet=True)).path

    return packed


@pytest.fixture
def folder(paint):
    """Photos of two classes and two splits, none of them square."""
    for i in range(6):
        root = paint(f"train/{'ab'[i % 2]}/{i}.png", colour=(9 * i, 100, 255 - i), size=(20 + i, 30))
    return paint("test/a/1.png", "test/b/2.png", colour="blue", size=(40, 9)) or root


def same(one, other):
    np.testing.assert_array_equal(one.images, other.images)
    np.testing.assert_array_equal(one.labels, other.labels)
    return one.class_names == other.class_names


@pytest.mark.parametrize("wanted", [{}, {"resolution": 8}, {"resolution": 24, "channels": 1}, {"channels": 4}])
def test_a_pack_holds_what_the_folder_gives(folder, load, make, wanted):
    path = make(f"folder:{folder}", **wanted)
    train, test = load(f"packed:{path}"), load(f"packed:{path}", split="test")
    shape = {"resolution": train.images.shape[1], "channels": train.images.shape[3]}
    assert same(train, load(f"folder:{folder}", **wanted))
    assert same(test, load(f"folder:{folder}", split="test", **shape))


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_so_does_a_pack_of_an_archive(folder, load, make, kind, tmp_path):
    import shutil

    archive = shutil.make_archive(str(tmp_path / "images"), kind, folder)
    assert same(load(f"packed:{make(f'{kind}:{archive}')}"), load(f"folder:{folder}"))


def test_images_are_mapped_and_cannot_be_written(folder, load, make):
    data = load(f"packed:{make(f'folder:{folder}')}")
    assert isinstance(data.images, np.memmap)
    assert not data.images.flags.writeable
    assert data.images.base is not None


def test_the_hash_of_the_content_is_known_and_true(folder, load, make):
    path = make(f"folder:{folder}")
    data, plain = load(f"packed:{path}"), load(f"folder:{folder}")
    assert data.sha256 == content_sha256(plain)
    (path / "train.npy").write_bytes((path / "train.npy").read_bytes()[:-1] + b"!")
    assert content_sha256(load(f"packed:{path}")) == data.sha256  # not read


def test_another_size_is_refused_with_what_to_run(folder, load, make):
    path = make(f"folder:{folder}", resolution=8)
    assert load(f"packed:{path}", resolution=8, channels=3).images.shape == (6, 8, 8, 3)
    for wanted, text in (({"resolution": 16}, "16x16x3"), ({"channels": 1}, "8x8x1")):
        with pytest.raises(ConfigError, match=rf"holds images of 8x8x3; {text} was asked for") as caught:
            load(f"packed:{path}", **wanted)
        resolution, channels = wanted.get("resolution", 8), wanted.get("channels", 3)
        assert f"'ganzoo data pack SRC OUT --resolution {resolution} --channels {channels}'" in str(caught.value)
        assert "the folder:images that they are from" in str(caught.value)


def test_a_split_that_was_not_packed_is_refused(paint, load, make):
    path = make(f"folder:{paint('1.png')}")
    with pytest.raises(NoSplit, match=r"has no test split: folder:images had none"):
        load(f"packed:{path}", split="test")


def test_what_is_no_pack_is_told(load, tmp_path):
    with pytest.raises(DataError, match=r"nowhere does not exist\.\nPack images with 'ganzoo data pack SRC "):
        load(f"packed:{tmp_path / 'nowhere'}")
    with pytest.raises(DataError, match=r"is no packed folder: it has no pack\.json"):
        load(f"packed:{tmp_path}")
    (tmp_path / "unfinished.json").write_text("{}")
    with pytest.raises(DataError, match=r"is not packed to its end"):
        load(f"packed:{tmp_path}")


@pytest.mark.parametrize("name", ["train.npy", "train-labels.npy"])
def test_a_file_that_is_cut_short_gone_or_longer_is_named(folder, load, make, name):
    path = make(f"folder:{folder}")
    whole = (path / name).read_bytes()
    for content, problem in ((whole[:-1], "is cut short: it holds"), (whole + b"!", "is another file: it holds")):
        (path / name).write_bytes(content)
        with pytest.raises(
            DataError, match=rf"{name} {problem} {len(content):,} bytes, expected {len(whole):,}\.\nBring"
        ):
            load(f"packed:{path}")
    (path / name).unlink()
    with pytest.raises(DataError, match=rf"{name} cannot be read: No such file"):
        load(f"packed:{path}")


@pytest.mark.parametrize("content", [b"\x93NUMPY\1\0", b"(9, 1"])
def test_a_header_that_says_something_else_is_named(folder, load, make, content):
    path = make(f"folder:{folder}")
    whole = (path / "train.npy").read_bytes()
    spoilt = whole.replace(b"(6, 1", content) if content[:1] == b"(" else b"?" + whole[1:]
    (path / "train.npy").write_bytes(spoilt)
    with pytest.raises(DataError, match=r"train.npy (holds|cannot be read as a .npy file)"):
        load(f"packed:{path}")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"format": 2}, "format: Input should be 1"),
        ({"channels": 2}, "channels: "),
        ({"surplus": 2}, "surplus: "),
        ({"splits": {"train": {}}}, r"splits\.train\.images: Field required"),
    ],
)
def test_a_pack_json_that_cannot_be_is_refused(folder, load, make, change, problem):
    path = make(f"folder:{folder}")
    said = json.loads((path / "pack.json").read_text())
    (path / "pack.json").write_text(json.dumps(said | change))
    with pytest.raises(DataError, match=rf"pack.json cannot be read: {problem}"):
        load(f"packed:{path}")
    (path / "pack.json").write_text("no json")
    with pytest.raises(DataError, match=r"pack.json cannot be read: "):
        load(f"packed:{path}")


def test_a_pack_json_leads_to_no_file_outside(folder, load, make):
    path = make(f"folder:{folder}")
    said = (path / "pack.json").read_text()
    (path / "pack.json").write_text(said.replace('"train.npy"', '"../train.npy"'))
    with pytest.raises(DataError, match=r"the files of train are \.\./train.npy, train-labels.npy"):
        Pack.read(path)


def test_labels_that_are_no_classes_are_refused(folder, load, make):
    path = make(f"folder:{folder}")
    labels = (path / "train-labels.npy").read_bytes()
    (path / "train-labels.npy").write_bytes(labels[:-8] + (7).to_bytes(8, "little"))
    with pytest.raises(DataError, match=r"has labels 0 \.\.\. 7 but 2 class names"):
        load(f"packed:{path}")


def test_check_reads_everything_and_names_the_damaged_file(folder, make):
    path = make(f"folder:{folder}")
    found = Pack.read(path)
    found.check(Stages(quiet=True))
    for name in ("train.npy", "train-labels.npy", "test.npy", "test-labels.npy"):
        whole = (path / name).read_bytes()
        for place in (20, len(whole) // 2, len(whole) - 1):
            (path / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(
                DataError, match=rf"{name} is damaged: its sha256 is .*, expected .*\nBring back a copy"
            ):
                found.check(Stages(quiet=True))
        (path / name).write_bytes(whole)


@pytest.mark.skipif(sys.platform != "linux", reason="asks Linux how much memory was needed, and for files with holes")
def test_gigabytes_are_loaded_at_once_and_without_memory(folder, make):
    path, number = make(f"folder:{folder}", resolution=32), 3_000_000
    said = json.loads((path / "pack.json").read_text())
    split = said["splits"]["train"]
    split["images"], size = number, 128 + number * 32 * 32 * 3
    split["files"] = {"train.npy": {"bytes": size, "sha256": ""}}
    (path / "pack.json").write_text(json.dumps(said))
    with (path / "train.npy").open("wb") as file:
        file.write(npy_header("|u1", (number, 32, 32, 3)))
        file.truncate(size)
    code = """
import resource, sys, time
from ganzoo.data import load_dataset
from ganzoo.registry import get_registry
from ganzoo.runs.folder import DataFacts
load_dataset("digits", get_registry())  # everything is imported
before, begin = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
data = load_dataset(f"packed:{sys.argv[1]}", get_registry())
assert DataFacts.of(data).images == len(data.images)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.monotonic() - begin, data.images.nbytes)
"""
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    kilobytes, seconds, size = map(float, done.stdout.split())
    assert size > 9e9
    assert kilobytes < 20_000
    assert seconds < 1
