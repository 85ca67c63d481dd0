"""Packing a data set, and going on after every kind of stop."""

import errno
import json
import subprocess
import sys
from contextlib import contextmanager
from functools import partial

import numpy as np
import PIL
import pytest
from filelock import FileLock

from ganzoo import DataError, Dataset, GanzooError, ImageData, ImageShape, ImageSource
from ganzoo.data import NoSplit, Pack, content_sha256, load_dataset
from ganzoo.data.packing import pack as packing
from ganzoo.data.packing.pack import PackRequest, pack
from ganzoo.data.packing.parallel import decoded
from ganzoo.errors import BrokenPlugin
from ganzoo.progress import Stages
from ganzoo.registry import Registry

NUMBER = 40
FILES = ["pack.json", "test-labels.npy", "test.npy", "train-labels.npy", "train.npy"]


class Toy:
    """A data set that can be scanned: ``stored[split]`` are its images as bytes, and ``read`` those that were asked for."""

    def __init__(self, shape=(3, 4, 4), labelled=True, test=True):
        random = np.random.default_rng(0)
        channels, height, width = shape
        self.shape, self.labelled, self.version = ImageShape(*shape), labelled, "1"
        self.pixels = {
            split: random.integers(0, 256, (number, height, width, channels), np.uint8)
            for split, number in (("train", NUMBER), ("test", 7))
            if test or split == "train"
        }
        self.stored = {split: [image.tobytes() for image in images] for split, images in self.pixels.items()}
        self.read, self.asked, self.stop_at = [], [], None

    def labels(self, split):
        return np.arange(len(self.pixels[split])) % 2 if self.labelled else None

    def load(self, request):
        if request.split not in self.pixels:
            raise NoSplit(f"there is no {request.split}")
        return ImageData(
            images=self.pixels[request.split], labels=self.labels(request.split), class_names=("even", "odd")
        )

    @contextmanager
    def scan(self, request):
        self.asked.append(request)
        self.load(request)
        stored = self.stored[request.split]

        def read(i):
            if i == self.stop_at:
                raise KeyboardInterrupt
            self.read.append((request.split, i))
            if stored[i] is None:
                raise OSError("it is gone")
            return stored[i]

        yield ImageSource(
            where="toyland",
            names=[f"{i}.toy" for i in range(len(stored))],
            shape=self.shape,
            read=read,
            decode=partial(reshaped, shape=(self.shape.height, self.shape.width, self.shape.channels)),
            identify=lambda: self.version,
            labels=self.labels(request.split),
            class_names=("even", "odd"),
        )

    @property
    def registry(self):
        registry = Registry()
        registry.datasets.add(Dataset(name="toy", load=self.load, scan=self.scan, licence="CC0-1.0"), "tests")
        registry.datasets.add(Dataset(name="loaded", load=self.load), "tests")
        return registry


def reshaped(stored, *, shape):
    return np.frombuffer(stored, np.uint8).reshape(shape)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    """Blocks of four images, each recorded."""
    monkeypatch.setattr("ganzoo.data.packing.parallel.MOST_IMAGES", 4)
    monkeypatch.setattr(packing, "SAVE_EVERY_S", -1.0)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def packed(toy, out, source="toy", workers=1, **options):
    request = PackRequest(source=source, out=out, workers=workers, **options)
    return pack(request, toy.registry, Stages(quiet=True))


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


# What is in it


@pytest.mark.parametrize("source", ["toy", "loaded"])
def test_images_and_labels_of_both_splits_are_plain_files(out, source):
    toy = Toy()
    packed(toy, out, source)
    assert [path.name for path in sorted(out.iterdir())] == FILES
    for split in ("train", "test"):
        images, labels = np.load(out / f"{split}.npy", mmap_mode="r"), np.load(out / f"{split}-labels.npy")
        assert images.dtype == np.uint8
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(images, toy.pixels[split])
        np.testing.assert_array_equal(labels, toy.labels(split))


def test_pack_json_says_what_it_is(out):
    toy = Toy()
    packed(toy, out)
    said = json.loads((out / "pack.json").read_text())
    splits = said.pop("splits")
    assert said.pop("ganzoo")
    assert "Lanczos" in said.pop("resized")
    assert said == {
        "format": 1,
        "source": "toy",
        "licence": "CC0-1.0",
        "resolution": 4,
        "channels": 3,
        "pillow": PIL.__version__,
    }
    assert list(splits) == ["train", "test"]
    assert splits["train"]["images"] == NUMBER
    assert splits["train"]["class_names"] == ["even", "odd"]
    for split in splits:
        assert splits[split]["sha256"] == content_sha256(load_dataset("toy", toy.registry, split=split))


def test_without_labels_or_a_test_split_there_are_no_such_files(out):
    packed(Toy(labelled=False, test=False), out)
    assert [path.name for path in sorted(out.iterdir())] == ["pack.json", "train.npy"]
    data = Pack.read(out).load("train")
    assert data.labels is None
    assert data.class_names == ()
    with pytest.raises(NoSplit, match=r"has no test split: toy had none when it was packed"):
        Pack.read(out).load("test")


def test_a_set_in_memory_is_brought_to_the_size_asked_for(out):
    toy = Toy(shape=(3, 6, 9))
    packed(toy, out, "loaded", resolution=4, channels=1)
    expected = load_dataset("loaded", toy.registry, resolution=4, channels=1)
    np.testing.assert_array_equal(np.load(out / "train.npy"), expected.images)


def test_the_test_split_is_asked_for_at_the_size_of_the_training_split(out):
    toy = Toy()
    packed(toy, out)
    assert [(r.split, r.resolution, r.channels) for r in toy.asked] == [("train", None, None), ("test", (4, 4), 3)]


def test_the_same_bytes_are_read_back_from_a_pack_of_a_pack(out, tmp_path, registry):
    packed(Toy(), out)
    again = PackRequest(source=f"packed:{out}", out=tmp_path / "again")
    pack(again, registry, Stages(quiet=True))
    assert contents(out)["train.npy"] == contents(tmp_path / "again")["train.npy"]


def test_a_known_hash_is_passed_on_with_the_images_it_is_of_and_no_others():
    registry = Registry()
    data = ImageData(images=np.zeros((2, 4, 4, 3), np.uint8), sha256="known")
    registry.datasets.add(Dataset(name="known", load=lambda request: data), "tests")
    assert content_sha256(load_dataset("known", registry)) == "known"
    assert load_dataset("known", registry).images is data.images
    for wanted in ({"resolution": 2}, {"channels": 1}):
        assert load_dataset("known", registry, **wanted).sha256 == ""


def test_a_scan_of_another_size_than_asked_is_a_broken_plugin(out):
    with pytest.raises(BrokenPlugin, match=r"'toy' .*scans images of 4x4x3; expected 8x8 and 3 channels"):
        packed(Toy(), out, resolution=8, channels=3)
    toy = Toy()
    toy.shape = ImageShape(3, 2, 2)
    toy.stored["train"] = [bytes(12)] * NUMBER
    real = toy.scan

    @contextmanager
    def lying(request):
        with real(request) as source:
            object.__setattr__(source, "decode", partial(reshaped, shape=(12,)))
            yield source

    toy.scan = lying
    with pytest.raises(
        BrokenPlugin, match=r"toyland: an image was decoded to uint8 \(12,\); expected uint8 \(2, 2, 3\)"
    ):
        packed(toy, out)


# Broken images


def test_a_broken_image_is_left_out_with_its_label_and_named(out, capsys):
    toy = Toy()
    toy.stored["train"] *= 5
    toy.pixels["train"] = np.concatenate([toy.pixels["train"]] * 5)
    toy.stored["train"][6] = b"short"
    toy.stored["train"][9] = None
    found = packed(toy, out).load("train")
    np.testing.assert_array_equal(found.images, np.delete(toy.pixels["train"], [6, 9], axis=0))
    np.testing.assert_array_equal(found.labels, np.delete(toy.labels("train"), [6, 9]))
    said = capsys.readouterr().err
    assert "Left out '6.toy': cannot reshape array" in said
    assert "Left out '9.toy': it is gone\n" in said
    assert said.endswith("2 of 200 images in toyland cannot be read and are left out.\n")
    assert list(Pack.read(out).facts.splits["train"].left_out) == ["6.toy", "9.toy"]


def test_more_than_one_percent_is_refused_as_soon_as_it_is_known(out):
    toy = Toy()
    toy.stored["train"][2] = b"short"
    with pytest.raises(DataError, match=r"1 of 40 images in toyland cannot be read, more than 1 %:\n  '2.toy': "):
        packed(toy, out)
    assert len(toy.read) == 4
    assert not (out / "pack.json").exists()


# Stops


def stopped(toy, out, at):
    toy.stop_at = at
    with pytest.raises(KeyboardInterrupt):
        packed(toy, out)
    toy.stop_at = None
    toy.read.clear()


@pytest.mark.parametrize("at", [0, 1, 18, 39])
def test_a_stopped_pack_goes_on_where_it_was_and_ends_the_same(out, tmp_path, at):
    toy = Toy()
    whole = packed(toy, tmp_path / "whole").path
    stopped(toy, out, at)
    assert not (out / "pack.json").exists()
    with pytest.raises(DataError, match=r"is not packed to its end\.\nGo on with the command that began it"):
        Pack.read(out)
    with pytest.raises(ValueError, match=r"\w"):
        np.load(out / "train.npy")
    packed(toy, out)
    assert toy.read[0] == ("train", at // 4 * 4)
    assert contents(out) == contents(whole)


def test_what_was_left_out_before_a_stop_stays_left_out(out):
    toy = Toy()
    toy.stored["train"] *= 3
    toy.pixels["train"] = np.concatenate([toy.pixels["train"]] * 3)
    toy.stored["train"][1] = b"short"
    stopped(toy, out, 60)
    found = packed(toy, out).load("train")
    np.testing.assert_array_equal(found.images, np.delete(toy.pixels["train"], 1, axis=0))


def test_what_was_written_after_the_last_record_is_cut_off(out, tmp_path):
    toy = Toy()
    whole = packed(toy, tmp_path / "whole").path
    stopped(toy, out, 20)
    with (out / "train.npy").open("ab") as file:
        file.write(b"torn")
    (out / ".unfinished.json.17.partial").write_bytes(b"torn")
    packed(toy, out)
    assert contents(out) == contents(whole)


def test_a_split_that_is_whole_is_not_packed_again(out):
    toy = Toy()
    toy.stored["test"][0] = b"short"
    with pytest.raises(DataError, match="1 of 7 images"):
        packed(toy, out)
    toy.stored["test"][0] = toy.pixels["test"][0].tobytes()
    toy.read.clear()
    packed(toy, out)
    assert {split for split, _ in toy.read} == {"test"}


def test_other_data_or_options_do_not_go_on(out):
    toy = Toy()
    stopped(toy, out, 20)
    before = contents(out)
    with pytest.raises(
        DataError, match=r"something else: resolution None then, 4 now\.\n.*or delete .* and begin anew"
    ):
        packed(toy, out, resolution=4)
    with pytest.raises(DataError, match=r"something else: source toy then, loaded now"):
        packed(toy, out, "loaded")
    toy.version = "2"
    with pytest.raises(DataError, match=r"toyland is not what it was when .* was begun: files were added"):
        packed(toy, out)
    assert contents(out) == before


def test_a_file_that_lost_what_was_recorded_does_not_go_on(out):
    toy = Toy()
    stopped(toy, out, 20)
    (out / "train.npy").write_bytes(b"")
    with pytest.raises(DataError, match=r"train.npy holds 0 bytes, but 1,088 were written before the stop"):
        packed(toy, out)
    (out / "unfinished.json").write_text("{")
    with pytest.raises(DataError, match=r"unfinished.json cannot be read"):
        packed(toy, out)


def test_a_finished_pack_and_a_folder_of_something_else_are_left_alone(out):
    toy = Toy()
    packed(toy, out)
    before = contents(out)
    with pytest.raises(
        DataError, match=r"is a packed folder already, and is not written over\.\nUse it: '--dataset packed:"
    ):
        packed(toy, out)
    assert contents(out) == before
    (out / "pack.json").unlink()
    with pytest.raises(DataError, match=r"is not an empty folder\. Choose another OUT"):
        packed(toy, out)


def test_a_folder_is_packed_by_one_process_at_a_time(out):
    out.mkdir()
    with FileLock(out / ".lock"), pytest.raises(DataError, match=r"is being packed by another process"):
        packed(Toy(), out)


def test_what_cannot_begin_leaves_no_folder(out):
    with pytest.raises(GanzooError, match="Unknown data set"):
        packed(Toy(), out, "tyo")
    assert not out.exists()


class FullDisk:
    """A file on a disk that has room for so many more bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, data):
        self.room -= len(bytes(data))
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def __getattr__(self, name):
        return getattr(self.file, name)


@pytest.mark.parametrize("room", [0, 1000, NUMBER * 48])
def test_a_full_disk_is_told_and_the_pack_goes_on_after_room_was_made(out, tmp_path, monkeypatch, room):
    toy = Toy()
    whole = packed(toy, tmp_path / "whole").path
    real = packing.SplitFiles.__init__

    def on_a_full_disk(self, *arguments):
        real(self, *arguments)
        self._file = FullDisk(self._file, room)

    with monkeypatch.context() as patch:
        patch.setattr(packing.SplitFiles, "__init__", on_a_full_disk)
        with pytest.raises(
            DataError, match=r"could not be written: No space left on device\.\nWhat is packed so far is kept"
        ):
            packed(toy, out)
    toy.read.clear()
    packed(toy, out)
    assert len([read for read in toy.read if read[0] == "train"]) <= NUMBER - room // 48 // 4 * 4
    assert contents(out) == contents(whole)


def test_too_little_room_is_told_before(out, monkeypatch, capsys):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("", (), {"free": 1}))
    packed(Toy(), out)
    assert "will need 0.0 GB more, and 0.0 GB are free there" in capsys.readouterr().err


# Several processes


def test_the_number_of_processes_changes_nothing(registry, tmp_path, monkeypatch):
    random = np.random.default_rng(0)
    for i in range(30):
        (tmp_path / f"images/{i % 3}").mkdir(parents=True, exist_ok=True)
        image = PIL.Image.fromarray(random.integers(0, 256, (20, 24, 3), np.uint8))
        image.save(tmp_path / f"images/{i % 3}/{i}.{'png' if i % 2 else 'jpg'}")
    found = []
    for workers in (1, 2):
        out = tmp_path / f"by-{workers}"
        request = PackRequest(source=f"folder:{tmp_path / 'images'}", out=out, resolution=8, workers=workers)
        pack(request, registry, Stages(quiet=True))
        found.append(contents(out))
    assert found[0] == found[1]
    expected = load_dataset(f"folder:{tmp_path / 'images'}", registry, resolution=8)
    np.testing.assert_array_equal(np.load(tmp_path / "by-2" / "train.npy"), expected.images)


def test_a_process_that_ends_on_its_own_is_told():
    source = ImageSource(
        where="here",
        names=["a"],
        shape=ImageShape(1, 2, 2),
        read=lambda i: b"import os; os._exit(1)",
        decode=exec,
        identify=str,
    )
    with pytest.raises(GanzooError, match=r"was ended from outside.*\n.*fewer than '--workers 2'"):
        list(decoded(source, 0, 2))


# Memory


def test_memory_does_not_grow_with_the_images(tmp_path):
    code = """
import resource, sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
import numpy as np
from ganzoo import Dataset, ImageShape, ImageSource
from ganzoo.data import NoSplit
from ganzoo.data.packing.pack import PackRequest, pack
from ganzoo.data.packing.scan import _pixels
from ganzoo.progress import Stages
from ganzoo.registry import Registry

image = bytes(128 * 128 * 3)

@contextmanager
def scan(request):
    if request.split == "test":
        raise NoSplit("there is none")
    yield ImageSource(
        where="here", names=["a"] * 6000, shape=ImageShape(3, 128, 128), read=lambda i: image,
        decode=partial(_pixels, shape=(128, 128, 3)), identify=str,
    )

registry = Registry()
registry.datasets.add(Dataset(name="big", load=None, scan=scan), "tests")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
pack(PackRequest(source="big", out=Path(sys.argv[1]), workers=1), registry, Stages(quiet=True))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    out = tmp_path / "out"
    done = subprocess.run([sys.executable, "-c", code, out], capture_output=True, text=True, check=True)
    assert (out / "train.npy").stat().st_size > 290e6
    assert int(done.stdout) < 60_000  # kB
