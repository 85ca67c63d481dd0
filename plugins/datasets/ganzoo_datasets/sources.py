"""Where image files come from: a folder, a zip or a tar, each as a list of names and a way to open one.

Archives are read where they are; nothing is unpacked to disk.
"""

import io
import os
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeVar

from ganzoo import DataError

T = TypeVar("T")

SUFFIXES = frozenset({"png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm"})
LABELS_FILE = "dataset.json"
LARGEST_MEMBER = 256 << 20
LARGEST_TAR = 4 << 30


@dataclass(frozen=True)
class Files:
    """The image files of a folder or archive, and ``dataset.json`` files: POSIX paths in it, sorted.

    ``others`` are a few of the names that are neither, for messages.
    """

    where: Path
    names: list[str]
    others: list[str]
    open: Callable[[str], IO[bytes]]


@contextmanager
def open_folder(path: Path) -> Iterator[Files]:
    """The files under a folder. Links are followed, but no folder is read twice, so that they lead in no circles."""
    if not path.is_dir():
        raise DataError(_instead(path, "a folder with images"))
    yield _sort(path, {name: path / name for name in _walk(path)}, lambda file: file.open("rb"))


@contextmanager
def open_zip(path: Path) -> Iterator[Files]:
    if not path.is_file():
        raise DataError(_instead(path, "a zip file with images"))
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # a damaged directory makes zipfile raise nearly anything
        raise DataError(f"{path} cannot be read as a zip: {error}.") from error

    def open_member(member: zipfile.ZipInfo) -> IO[bytes]:
        _check_size(member.file_size)
        return archive.open(member)

    with archive:
        members = {_clean(info.filename): info for info in archive.infolist() if not info.is_dir()}
        yield _sort(path, members, open_member)


@contextmanager
def open_tar(path: Path) -> Iterator[Files]:
    """The files of a tar, plain or compressed. It can only be read from end to end, so its files are kept in memory."""
    if not path.is_file():
        raise DataError(_instead(path, "a tar file with images"))
    contents: dict[str, bytes | None] = {}  # None: too large to be an image
    total = 0
    try:
        with tarfile.open(path) as tar:
            for member in tar:
                if not member.isreg():
                    continue
                name = _clean(member.name)
                wanted = _is_wanted(name)
                total += member.size if wanted else 0
                if total > LARGEST_TAR:
                    raise DataError(
                        f"{path} holds more than {LARGEST_TAR >> 30} GiB.\nUnpack it, and use 'folder:DIR'."
                    )
                file = tar.extractfile(member) if wanted and member.size <= LARGEST_MEMBER else None
                contents[name] = file.read() if file else None
    except DataError:
        raise
    except Exception as error:  # a damaged file makes tarfile and the decompressors raise nearly anything
        raise DataError(f"{path} cannot be read as a tar: {error}.") from error

    def open_member(data: bytes | None) -> IO[bytes]:
        if data is None:
            _check_size(LARGEST_MEMBER + 1)
        return io.BytesIO(data or b"")

    yield _sort(path, contents, open_member)


def _walk(root: Path) -> Iterator[str]:
    """Relative POSIX paths of all files. Real folders come before linked ones: a link never hides what it points to."""
    real, linked = [root], list[Path]()
    seen: set[str] = set()
    while real or linked:
        folder = real.pop() if real else linked.pop(0)
        identity = os.path.realpath(folder)
        if identity in seen:
            continue
        seen.add(identity)
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            raise DataError(f"{folder} cannot be read: {error.strerror or error}.") from error
        for entry in entries:
            if _is_hidden(entry.name):
                continue
            if entry.is_symlink() and os.path.isdir(entry.path):  # entry.is_dir raises for a link to itself
                linked.append(Path(entry.path))
            elif entry.is_dir(follow_symlinks=False):
                real.append(Path(entry.path))
            elif os.path.isfile(entry.path) or not os.path.exists(entry.path):  # a link to nothing is a broken image
                yield Path(entry.path).relative_to(root).as_posix()


def _clean(name: str) -> str:
    """A member's name as a relative POSIX path. One that leads out of the archive is hidden; nothing is written."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _is_wanted(name: str) -> bool:
    *folders, file = name.split("/")
    suffix = file.rpartition(".")[2].lower()
    return (suffix in SUFFIXES or file == LABELS_FILE) and not any(map(_is_hidden, (*folders, file)))


def _sort(where: Path, found: dict[str, T], open_one: Callable[[T], IO[bytes]]) -> Files:
    names = sorted(filter(_is_wanted, found))
    others = sorted(found.keys() - set(names))[:3]
    return Files(where, names, others, lambda name: open_one(found[name]))


def _check_size(size: int) -> None:
    if size > LARGEST_MEMBER:
        raise ValueError(f"it says that it is larger than {LARGEST_MEMBER >> 20} MiB, which is no image")


def _instead(path: Path, expected: str) -> str:
    if not path.exists():
        return f"There is no {path}; expected {expected}."
    kind = "folder" if path.is_dir() else "zip" if zipfile.is_zipfile(path) else "tar" if _is_tar(path) else ""
    hint = f"\nUse '--dataset {kind}:{path}'." if kind else ""
    return f"{path} is {'a folder' if path.is_dir() else 'a file'}; expected {expected}.{hint}"


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except Exception:  # not even a file that can be read: no hint is given
        return False
