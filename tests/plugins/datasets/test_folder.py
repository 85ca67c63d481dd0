"""folder:, zip: and tar: share their reading, so what holds for a folder is shown once, and each archive's own besides."""

import io
import json
import os
import tarfile
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo import DataError, DataRequest, Size
from ganzoo.data import DataFiles
from ganzoo_datasets import folder as kinds
from ganzoo_datasets import sources


def png(colour="red", size=(16, 16), mode="RGB"):
    buffer = io.BytesIO()
    PIL.Image.new(mode, size, colour).save(buffer, "png")
    return buffer.getvalue()


def noise():
    """A PNG of some size."""
    buffer = io.BytesIO()
    PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)).save(buffer, "png")
    return buffer.getvalue()


def zip_of(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


# Classes


def test_folders_at_the_top_are_the_classes_in_order_of_name(paint, load, counts):
    root = paint("dog/1.png", "cat/deep/er/2.png", "cat/1.png", "ant/1.png")
    data = load(f"folder:{root}")
    assert counts(data) == {"ant": 1, "cat": 2, "dog": 1}
    assert data.labels.tolist() == [0, 1, 1, 2]


@pytest.mark.parametrize("names", [["1.png", "2.png"], ["only/1.png", "only/2.png"], ["a/b/c/1.png", "a/b/c/2.png"]])
def test_one_folder_is_no_class(paint, load, names):
    data = load(f"folder:{paint(*names)}")
    assert len(data.images) == 2
    assert data.labels is None
    assert data.class_names == ()


def test_a_folder_around_everything_is_looked_through(paint, load, counts):
    assert counts(load(f"folder:{paint('wrapped/twice/a/1.png', 'wrapped/twice/b/1.png')}")) == {"a": 1, "b": 1}


def test_images_beside_folders_make_the_set_unlabelled_and_say_so(paint, load, capsys):
    data = load(f"folder:{paint('a/1.png', 'b/1.png', 'stray.png')}")
    assert len(data.images) == 3
    assert data.labels is None
    assert "images lie beside folders, so the folders are not read as classes" in capsys.readouterr().err


def test_images_come_in_the_order_of_their_paths(paint, load):
    for name, colour in (("b/1.png", 3), ("a-b/1.png", 1), ("a/1.png", 2)):
        root = paint(name, colour=colour, mode="L")
    assert load(f"folder:{root}").images[:, 0, 0, 0].tolist() == [1, 2, 3]


# Splits


def test_train_and_test_folders_are_the_splits_and_agree_on_the_classes(paint, load, capsys):
    root = paint("x/train/a/1.png", "x/train/b/1.png", "x/test/b/1.png", "x/test/c/1.png", "x/val/a/1.png")
    train, test = load(f"folder:{root}"), load(f"folder:{root}", split="test")
    assert train.class_names == test.class_names == ("a", "b", "c")
    assert train.labels.tolist() == [0, 1]
    assert test.labels.tolist() == [1, 2]
    assert "1 images outside of 'train' and 'test' are left out" in capsys.readouterr().err


def test_without_both_folders_everything_is_for_training(paint, load):
    root = paint("train/a/1.png", "train/b/1.png")
    assert load(f"folder:{root}").class_names == ("a", "b")
    with pytest.raises(DataError, match=r"has no test split; expected folders 'train' and 'test' at its top"):
        load(f"folder:{root}", split="test")


# dataset.json


@pytest.mark.parametrize("as_dict", [False, True])
def test_a_labels_file_comes_before_the_folders(paint, load, as_dict):
    root = paint("00000/img0.png", "00000/img1.png", "00001/img2.png")
    labels = [["00000/img0.png", 0], ["00000/img1.png", 4], ["00001/img2.png", 1], ["gone.png", 0]]
    (root / "dataset.json").write_text(json.dumps({"labels": dict(labels) if as_dict else labels}))
    data = load(f"folder:{root}")
    assert data.labels.tolist() == [0, 4, 1]
    assert data.class_names == ("0", "1", "2", "3", "4")


def test_a_labels_file_outside_of_the_only_folder_is_found(paint, load):
    root = paint("00000/img0.png")
    (root / "dataset.json").write_text('{"labels": [["00000/img0.png", 1]]}')
    assert load(f"folder:{root}").labels.tolist() == [1]


def test_a_labels_file_with_null_means_no_labels(paint, load):
    root = paint("a/0.png", "b/0.png")
    (root / "dataset.json").write_text('{"labels": null}')
    assert load(f"folder:{root}").labels is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"labels": [["a.png", 0]]}', "has no label for 1 of 2 images, such as 'b.png'"),
        ('{"labels": [["a.png", 0], ["b.png", -1]]}', "gives 'b.png' the label -1; expected a class number"),
        ('{"labels": [["a.png", 0], ["b.png", 1e3]]}', "gives 'b.png' the label 1000.0"),
        ('{"labels": [["a.png", 0], ["b.png", true]]}', "gives 'b.png' the label True"),
        ('{"labels": [["a.png", 0], ["b.png", 1000000000]]}', "gives 'b.png' the label 1000000000"),
        ('{"labels": [["a.png", [0, 1]], ["b.png", 0]]}', r"gives 'a.png' the label \[0, 1\]"),
        ('{"labels": 7}', "cannot be read"),
        ('{"labels": [1, 2]}', "cannot be read"),
        ("[]", "cannot be read"),
        ("{", r'cannot be read: .*\nExpected {"labels": \[\["path", 0\]'),
        ("[" * 100_000, "cannot be read"),
    ],
)
def test_a_wrong_labels_file_is_named(paint, load, content, message):
    root = paint("a.png", "b.png")
    (root / "dataset.json").write_text(content)
    with pytest.raises(DataError, match=rf"(?s)dataset.json of .*{message}"):
        load(f"folder:{root}")


# Size and colour


@pytest.mark.parametrize(
    ("sizes", "resolution"),
    [
        ([(8, 9)], 16),
        ([(40, 33)], 32),
        ([(63, 80)], 32),
        ([(64, 90)], 64),
        ([(10, 10), (70, 99), (130, 140)], 64),
        ([(600, 600)], 256),
    ],
)
def test_the_resolution_is_the_power_of_two_under_the_median_of_the_shorter_sides(paint, load, sizes, resolution):
    for i, size in enumerate(sizes):
        root = paint(f"{i}.png", size=size)
    assert load(f"folder:{root}").images.shape[1:] == (resolution, resolution, 3)
    assert load(f"folder:{root}", resolution=20, channels=1).images.shape[1:] == (20, 20, 1)


def test_images_come_in_the_shape_that_is_asked_for(paint, load):
    root = paint("a.png", "b.png", size=(10, 40))
    data = load(f"folder:{root}", resolution=Size(32, 8))
    assert data.images.shape == (2, 32, 8, 3)
    assert data.cut_from is None


def test_what_images_measured_before_they_were_cut_is_known(paint, load):
    paint("a.png", "b.png", size=(20, 50))
    root = paint("c.png", size=(90, 20))
    assert load(f"folder:{root}").cut_from == (50, 20)


def test_images_that_lie_on_their_side_are_measured_upright(paint, load):
    root = paint()
    exif = PIL.Image.Exif()
    exif[0x0112] = 6
    PIL.Image.new("RGB", (60, 20)).save(root / "a.jpg", exif=exif)
    assert load(f"folder:{root}").cut_from == (60, 20)


def test_an_archive_in_a_folder_without_images_is_suggested(paint, load):
    root = paint()
    (root / "images.tar.gz").touch()
    with pytest.raises(DataError, match=r"found 'images\.tar\.gz'\.\nTry 'tar:.*/images\.tar\.gz'\.$"):
        load(f"folder:{root}")


@pytest.mark.parametrize(
    ("modes", "channels"), [(["L"], 1), (["1", "LA", "I;16"], 1), (["L", "RGB"], 3), (["RGBA"], 3)]
)
def test_there_is_one_channel_if_every_image_is_stored_as_grey(paint, load, modes, channels):
    for i, mode in enumerate(modes):
        root = paint(f"{i}.png", mode=mode, colour=1)
    assert load(f"folder:{root}").images.shape[3] == channels


@pytest.mark.parametrize(("colours", "channels"), [([0, 0, 0, 9, 9, 9], 1), ([0, 0, 0, 9, 9, 8], 3)])
def test_a_grey_palette_is_no_colour(paint, load, colours, channels):
    root = paint()
    image = PIL.Image.new("P", (16, 16), 1)
    image.putpalette(colours)
    image.save(root / "a.png")
    assert load(f"folder:{root}").images.shape[3] == channels


@pytest.mark.parametrize("suffix", ["png", "jpg", "JPEG", "webp", "bmp", "gif", "tif", "tiff", "ppm", "PGM"])
def test_every_format_is_read(paint, load, suffix):
    root = paint(f"a.{suffix}", mode="L" if suffix == "PGM" else "RGB", colour="white", size=(20, 30))
    np.testing.assert_allclose(load(f"folder:{root}", resolution=8).images, 255, atol=2)


# What is broken


def test_broken_images_are_named_counted_and_left_out(paint, load, capsys):
    root = paint(*(f"{c}/{i:03}.png" for c in "ab" for i in range(100)))
    (root / "a" / "007.png").write_bytes(b"no image")
    (root / "b" / "003.png").write_bytes(noise()[:400])
    data = load(f"folder:{root}")
    assert len(data.images) == 198
    assert np.bincount(data.labels).tolist() == [99, 99]
    said = capsys.readouterr()
    assert said.out == ""
    assert "Left out 'a/007.png': no image that Pillow can read\n" in said.err
    assert "Left out 'b/003.png': " in said.err
    assert said.err.endswith(f"2 of 200 images in {root} cannot be read and are left out.\n")


def test_more_than_one_percent_of_broken_images_is_an_error(paint, load):
    root = paint(*(f"{i:03}.png" for i in range(99)))
    for name in ("x.png", "y.png"):
        (root / name).write_bytes(b"no image")
    with pytest.raises(DataError, match=r"2 of 101 images in .* cannot be read, more than 1 %:\n  'x.png': no image"):
        load(f"folder:{root}")


def test_no_more_than_ten_are_named(paint, load):
    root = paint()
    for i in range(13):
        (root / f"{i}.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"13 of 13 images (.|\n)*\n  and 3 more\n") as caught:
        load(f"folder:{root}", resolution=8, channels=3)
    assert str(caught.value).count("no image that Pillow can read") == 10


def test_a_decompression_bomb_is_a_broken_image(paint, load, monkeypatch):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 1000)
    with pytest.raises(DataError, match=r"'big.png': Image size \(2500 pixels\) exceeds limit"):
        load(f"folder:{paint('big.png', size=(50, 50))}")


def test_a_large_but_bearable_image_is_read_without_a_warning(paint, load, monkeypatch, recwarn):
    monkeypatch.setattr(PIL.Image, "MAX_IMAGE_PIXELS", 2000)
    assert len(load(f"folder:{paint('big.png', size=(50, 50))}").images) == 1
    assert not recwarn.list


def test_what_does_not_fit_into_memory_is_refused(paint, load):
    with pytest.raises(
        DataError, match=r"2 images at \d+x\d+ need 600000 GB of memory\.\nAsk for a smaller '--resolution'"
    ):
        load(f"folder:{paint('a.png', 'b.png')}", resolution=10**7)


def test_a_file_that_says_png_and_is_postscript_is_not_run(paint, load):
    root = paint()
    (root / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n")
    with pytest.raises(DataError, match=r"'a.png': no image that Pillow can read"):
        load(f"folder:{root}")


@settings(derandomize=True, deadline=None, database=None, max_examples=60)
@given(
    kind=st.sampled_from(["folder", "zip", "tar"]),
    start=st.sampled_from([b"", b"PK\3\4", b"PK\5\6" + bytes(18), b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"P6 1 1 255\n"]),
    junk=st.binary(max_size=80),
)  # fmt: skip
def test_random_bytes_are_a_data_error_at_worst(kind, start, junk):
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.ppm")
        path.write_bytes(start + junk)
        files = DataFiles(kind)
        target = Path(folder) if kind == "folder" else path
        request = DataRequest(path=target, split="train", resolution=None, channels=None, files=files)
        try:
            data = getattr(kinds, f"load_{kind}")(request)
        except DataError:
            return
        assert data.images.shape[0] == 1  # by chance, an image


# What is no folder of images


def test_what_is_missing_empty_or_of_another_kind_is_an_error(paint, load, tmp_path):
    root = paint()
    with pytest.raises(DataError, match=r"There is no .*nowhere; expected a folder with images\."):
        load(f"folder:{tmp_path / 'nowhere'}")
    with pytest.raises(DataError, match=r"no images in .*: expected bmp, gif, .* files; it is empty\."):
        load(f"folder:{root}")
    (root / "notes.txt").write_text("x")
    with pytest.raises(DataError, match=r"files; found 'notes.txt'\."):
        load(f"folder:{root}")
    archive = zip_of(tmp_path / "a.zip", {"a.png": png()})
    with pytest.raises(
        DataError, match=r"a.zip is a file; expected a folder with images\.\nUse '--dataset zip:.*a.zip'"
    ):
        load(f"folder:{archive}")
    with pytest.raises(DataError, match=r"is a folder; expected a zip file with images\.\nUse '--dataset folder:"):
        load(f"zip:{root}")
    with pytest.raises(DataError, match=r"notes.txt cannot be read as a zip"):
        load(f"zip:{root / 'notes.txt'}")
    with pytest.raises(DataError, match=r"There is no .*; expected a tar file"):
        load(f"tar:{tmp_path / 'nowhere'}")


def test_hidden_files_and_what_a_mac_leaves_behind_are_not_looked_at(paint, load):
    root = paint("a/1.png", "b/1.png")
    for name in ("._1.png", ".DS_Store", ".hidden/2.png", "__MACOSX/a/._1.png", "Thumbs.db"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"junk")
    assert load(f"folder:{root}").class_names == ("a", "b")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_are_followed_but_never_in_circles(paint, load, counts, tmp_path):
    root = paint("a/1.png", "b/1.png")
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "beside").symlink_to(root / "b")
    (tmp_path / "far").mkdir()
    (tmp_path / "far" / "1.png").write_bytes(png())
    (tmp_path / "far" / "2.png").write_bytes(png())
    (root / "c").symlink_to(tmp_path / "far")
    (root / "d").symlink_to(root / "d")
    assert counts(load(f"folder:{root}")) == {"a": 1, "b": 1, "c": 2}


@pytest.mark.skipif(os.name == "nt", reason="no such files on Windows")
def test_a_pipe_is_not_opened_and_a_link_to_nothing_is_broken(paint, load):
    root = paint("a.png")
    os.mkfifo(root / "pipe.png")
    assert len(load(f"folder:{root}").images) == 1
    (root / "gone.png").symlink_to(root / "nowhere")
    with pytest.raises(DataError, match=r"1 of 2 images .*\n  'gone.png': .*No such file"):
        load(f"folder:{root}")


@pytest.mark.skipif(os.name == "nt", reason="names on Windows are Unicode")
def test_a_class_name_that_is_no_unicode_can_still_be_written(paint, load):
    root = paint("b/1.png")
    try:
        os.mkdir(os.path.join(os.fsencode(root), b"\xff"))
    except OSError:
        pytest.skip("this file system wants Unicode")
    with open(os.path.join(os.fsencode(root), b"\xff", b"1.png"), "wb") as file:
        file.write(png())
    assert load(f"folder:{root}").class_names == ("b", "?")


# Archives


def test_a_zip_is_read_like_a_folder(load, tmp_path, counts):
    members = {
        "x/a/1.png": png(),
        "x/b/2.png": png(),
        "x\\b\\1.png": png(),
        "__MACOSX/x/a/._1.png": b"",
        "../a.png": png(),
    }
    assert counts(load(f"zip:{zip_of(tmp_path / 'a.zip', members)}")) == {"a": 1, "b": 2}


def test_a_zip_member_of_absurd_size_is_broken_and_not_read(load, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "LARGEST_MEMBER", 1 << 20)
    path = zip_of(tmp_path / "a.zip", {"a.png": bytes(3 << 20)})
    with pytest.raises(DataError, match=r"'a.png': it says that it is larger than 1 MiB, which is no image"):
        load(f"zip:{path}")


def test_a_zip_member_with_a_wrong_checksum_or_a_password_is_broken(load, tmp_path):
    path = zip_of(tmp_path / "a.zip", {"a.png": png()})
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"IDAT", b"IDAX"))
    with pytest.raises(DataError, match=r"1 of 1 images"):
        load(f"zip:{path}")
    directory = whole.index(b"PK\1\2")
    path.write_bytes(whole[: directory + 8] + b"\1" + whole[directory + 9 :])
    with pytest.raises(DataError, match=r"'a.png': .*(encrypted|password)"):
        load(f"zip:{path}")


def tar_of(path, members):
    with tarfile.open(path, "w:xz" if path.suffix == ".xz" else "w") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("./x/a/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return path


@pytest.mark.parametrize("name", ["a.tar", "a.tar.xz"])
def test_a_tar_is_read_like_a_folder_and_its_links_are_not_followed(load, tmp_path, counts, name):
    members = {"./x/a/1.png": png(), "./x/b/1.png": png(), "./x/dataset.txt": b""}
    assert counts(load(f"tar:{tar_of(tmp_path / name, members)}")) == {"a": 1, "b": 1}


@pytest.mark.parametrize("harm", ["flipped", "cut"])
def test_a_plain_tar_that_is_damaged_in_the_middle_is_no_smaller_data_set(harm, load, tmp_path):
    path = tar_of(tmp_path / "a.tar", {f"{i}.png": png() for i in range(6)})
    content = bytearray(path.read_bytes())
    with tarfile.open(path) as tar:
        third = tar.getmembers()[2].offset
    if harm == "flipped":
        content[third + 10] ^= 1
    path.write_bytes(content if harm == "flipped" else content[:third])
    with pytest.raises(DataError, match=r"cut short or damaged|unexpected end"):
        load(f"tar:{path}")


def test_a_tar_that_is_cut_too_large_or_none_is_an_error(load, tmp_path, monkeypatch):
    path = tar_of(tmp_path / "a.tar.xz", {"a.png": noise()})
    monkeypatch.setattr(sources, "LARGEST_TAR", 10)
    with pytest.raises(DataError, match=r"holds more than 0 GiB\.\nUnpack it, and use 'folder:DIR'"):
        load(f"tar:{path}")
    monkeypatch.undo()
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(DataError, match=r"cannot be read as a tar"):
        load(f"tar:{path}")
    path.write_bytes(b"x" * 2000)
    with pytest.raises(DataError, match=r"cannot be read as a tar"):
        load(f"tar:{path}")


# Real data


def test_tiles_of_mixed_modes_are_read_in_colour_on_white(load, shared_data, counts):
    data = load(f"zip:{shared_data / 'crawl-tiles-32' / 'crawl-tiles-32.zip'}")
    assert data.images.shape == (2426, 32, 32, 3)
    assert counts(data) == {"dngn": 1105, "item": 626, "mon": 695}
    corners = data.images[data.labels == 1][:, 0, 0]
    assert (corners == 255).all(axis=1).mean() > 0.8


def test_signs_have_ten_classes(load, shared_data):
    data = load(f"zip:{shared_data / 'sign-digits-64' / 'sign-digits-64.zip'}")
    assert data.images.shape == (2059, 64, 64, 3)
    assert data.class_names == tuple("0123456789")
    assert np.bincount(data.labels).min() == 203


def test_emoji_are_found(load, shared_data):
    data = load(f"zip:{shared_data / 'noto-emoji-64' / 'noto-emoji-64.zip'}")
    assert data.images.shape == (1688, 64, 64, 3)
    assert "emoticons" in data.class_names


def test_the_jpeg_copy_of_cifar_is_a_tar_of_classes(load, shared_data):
    data = load(f"tar:{shared_data / 'cifar-10' / 'cifar-10-jpeg-q75.tar.xz'}", split="test", channels=3, resolution=32)
    original = np.fromfile(shared_data / "cifar-10" / "test-labels.u8", np.uint8)
    assert data.images.shape == (10_000, 32, 32, 3)
    assert np.bincount(data.labels).tolist() == np.bincount(original).tolist()
    assert data.class_names[6] == "frog"
