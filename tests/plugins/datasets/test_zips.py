"""The directory of a zip, read as zipfile reads it; archives that are read where they are."""

import io
import tarfile
import zipfile

import numpy as np
import PIL.Image
import pytest

from ganzoo import DataError
from ganzoo_datasets import zips


def png(colour):
    buffer = io.BytesIO()
    PIL.Image.new("L", (8, 8), colour).save(buffer, "png")
    return buffer.getvalue()


MEMBERS = {"a/ä.png": png(1), "a/1.png": png(2), "b/": b"", "b/文.png": png(3), "c.txt": b"text"}


def write(path, method=zipfile.ZIP_DEFLATED, comment=b"", before=b""):
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.comment = comment
        for name, content in MEMBERS.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(content)
    path.write_bytes(before + path.read_bytes())
    return path


def read(path):
    """Every file of it, and its size and CRC, by our directory."""
    with path.open("rb") as file, zips.reader(file) as archive:
        directory = zips.Directory.find(file)
        infos = {name: zips.entry_at(file, directory, place) for name, place in zips.entries(file, directory)}
        return {name: (archive.open(info).read(), info.file_size, info.CRC) for name, info in infos.items()}


def expected(path):
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        return {info.filename: (archive.read(info), info.file_size, info.CRC) for info in infos}


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"method": zipfile.ZIP_STORED},
        {"method": zipfile.ZIP_LZMA},
        {"comment": b"a comment"},
        {"comment": b"x" * 65_535},
        {"before": b"#!/bin/sh\n"},
    ],
    ids=str,
)
@pytest.mark.parametrize("limit", [None, "ZIP_FILECOUNT_LIMIT", "ZIP64_LIMIT"])
def test_a_zip_holds_what_zipfile_finds(tmp_path, monkeypatch, options, limit):
    if limit:  # numbers of 64 bits where none are needed
        monkeypatch.setattr(zipfile, limit, 2)
    path = write(tmp_path / "a.zip", **options)
    monkeypatch.undo()
    assert read(path) == expected(path)
    assert len(read(path)) == 4


def test_numbers_of_64_bits_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 2)
    content = write(tmp_path / "a.zip").read_bytes()
    assert b"PK\6\6" in content
    assert b"\xff\xff\xff\xff" in content[content.index(b"PK\1\2") :]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda whole: whole[: whole.index(b"PK\1\2")],
        lambda whole: whole[whole.index(b"PK\1\2") + 10 :],
        lambda whole: whole.replace(b"PK\1\2", b"PK\1\3", 1),
        lambda whole: b"no zip",
        lambda whole: b"",
    ],
)
def test_a_damaged_directory_is_an_error(tmp_path, load, spoil):
    path = write(tmp_path / "a.zip")
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataError, match=r"a.zip cannot be read as a zip: "):
        load(f"zip:{path}")


def test_of_two_files_of_one_name_the_later_one_counts(tmp_path, load, recwarn):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive, tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name, colour in (("x/b.png", 1), ("x/a.png", 2), ("./x/b.png", 3), ("x/b.png", 4)):
            archive.writestr(name, png(colour))
            info = tarfile.TarInfo(name)
            info.size = len(png(colour))
            tar.addfile(info, io.BytesIO(png(colour)))
    recwarn.clear()  # zipfile's remark about it
    for kind in ("zip", "tar"):
        images = load(f"{kind}:{tmp_path / 'a'}.{kind}").images
        assert images[:, 0, 0, 0].tolist() == [2, 4]


def test_a_plain_tar_is_not_kept_in_memory_and_a_sparse_file_is_read(tmp_path, load, monkeypatch):
    monkeypatch.setattr("ganzoo_datasets.sources.LARGEST_TAR", 1)
    image = png(5)
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        info = tarfile.TarInfo("a.png")
        info.size = len(image)
        tar.addfile(info, io.BytesIO(image))
        # As GNU tar stores a file with holes: here the first half lies at 0 and the second at its own place.
        half = len(image) // 2
        info = tarfile.TarInfo("b.png")
        info.size = len(image)
        info.pax_headers = {
            "GNU.sparse.major": "0",
            "GNU.sparse.minor": "1",
            "GNU.sparse.name": "b.png",
            "GNU.sparse.size": str(len(image)),
            "GNU.sparse.map": f"0,{half},{half},{len(image) - half}",
        }
        tar.addfile(info, io.BytesIO(image))
    images = load(f"tar:{tmp_path / 'a.tar'}").images
    np.testing.assert_array_equal(images, 5)
    assert len(images) == 2
