"""Where image files come from: a folder, a zip or a tar, each as a list of names and a way to open one.

Archives are read where they are; nothing is unpacked to disk.
"""

import hashlib
import io
import os
import tarfile
import zipfile
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, TypeAlias

from ganzoo import DataError

Members: TypeAlias = tuple[list[str], list[str], Callable[[str], IO[bytes]]]  # names, others, open

SUFFIXES = frozenset({"png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm"})
LABELS_FILE = "dataset.json"
LARGEST_MEMBER = 256 << 20
LARGEST_TAR = 4 << 30
SHOWN = 3


@dataclass(frozen=True)
class Files:
    """The image files of a folder or archive, and ``dataset.json`` files: POSIX paths in it, sorted.

    ``others`` are a few of the names that are neither, for messages. ``identify`` gives a hash that is another one once
    files were added, taken away or changed; it reads none of them.
    """

    where: Path
    names: list[str]
    others: list[str]
    open: Callable[[str], IO[bytes]]
    identify: Callable[[], str]

    def read(self, name: str) -> bytes:
        """All of a file. Raises ValueError for one that is too large for an image."""
        with self.open(name) as file:
            content = file.read(LARGEST_MEMBER + 1)
        _check_size(len(content))
        return content


@contextmanager
def open_folder(path: Path) -> Iterator[Files]:
    """The files under a folder. Links are followed, but no folder is read twice, so that they lead in no circles."""
    if not path.is_dir():
        raise DataError(_instead(path, "a folder with images"))
    names, others = _sort(_walk(path))
    yield Files(path, names, others, lambda name: (path / name).open("rb"), lambda: _hash(_stamps(path, names)))


@contextmanager
def open_zip(path: Path) -> Iterator[Files]:
    """The files of a zip, read where they are."""
    if not path.is_file():
        raise DataError(_instead(path, "a zip file with images"))
    try:
        archive = zipfile.ZipFile(path)
    except Exception as error:  # a damaged directory makes zipfile raise nearly anything
        raise DataError(f"{path} cannot be read as a zip: {error}.") from error
    with archive:
        members = {_clean(info.filename): info for info in archive.infolist() if not info.is_dir()}
        names, others = _sort(members)

        def open_member(name: str) -> IO[bytes]:
            _check_size(members[name].file_size)
            return archive.open(members[name])

        def stamps() -> Iterator[str]:
            return (f"{name} {members[name].file_size} {members[name].CRC}" for name in names)

        yield Files(path, names, others, open_member, lambda: _hash(stamps()))


@contextmanager
def open_tar(path: Path) -> Iterator[Files]:
    """The files of a tar, read where they are.

    A compressed one can only be read from end to end, so its files are kept in memory, and may have 4 GiB.
    """
    if not path.is_file():
        raise DataError(_instead(path, "a tar file with images"))
    with ExitStack() as stack:
        try:
            if _is_plain_tar(path):
                tar = stack.enter_context(tarfile.open(path, "r:"))
                names, others, open_member = _plain_members(tar)
            else:
                names, others, open_member = _kept_members(path)
        except DataError:
            raise
        except Exception as error:  # a damaged file makes tarfile and the decompressors raise nearly anything
            raise DataError(f"{path} cannot be read as a tar: {error}.") from error
        status = path.stat()
        stamp = f"{status.st_size} {status.st_mtime_ns}"
        yield Files(path, names, others, open_member, lambda: _hash([stamp]))


def _plain_members(tar: tarfile.TarFile) -> Members:
    """What an uncompressed tar holds: where each file lies is kept, and of sparse ones what tarfile knows."""
    sparse: dict[str, tarfile.TarInfo] = {}

    def places() -> Iterator[tuple[str, int, int]]:
        while (member := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # not in the stubs; it keeps a kilobyte of each
            if member.isreg():
                if member.issparse():
                    sparse[_clean(member.name)] = member
                yield member.name, member.offset_data, member.size

    index = Index(places())
    # tarfile takes a damaged header for the end; the true one is a block of zeros.
    assert tar.fileobj is not None  # as of any archive that was opened
    tar.fileobj.seek(tar.offset)
    if tar.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise tarfile.ReadError(f"it is cut short or damaged after {len(index.names):,} images")

    def open_member(name: str) -> IO[bytes]:
        info = sparse.get(name)
        if info is None:
            info = tarfile.TarInfo(name)
            info.offset_data, info.size = index[name]
        _check_size(info.size)
        file = tar.extractfile(info)
        if file is None:
            raise ValueError("it is no file")
        return file

    return index.names, index.others, open_member


def _kept_members(path: Path) -> Members:
    """The files of a compressed tar, in memory."""
    contents: dict[str, bytes | None] = {}  # None: too large to be an image
    total = 0
    with tarfile.open(path) as tar:
        for member in tar:
            if not member.isreg():
                continue
            name = _clean(member.name)
            wanted = _is_wanted(name)
            total += member.size if wanted else 0
            if total > LARGEST_TAR:
                raise DataError(
                    f"{path} holds more than {LARGEST_TAR >> 30} GiB.\nUnpack it, and use 'folder:DIR'; or uncompress it: "
                    "the files of a compressed tar are kept in memory."
                )
            file = tar.extractfile(member) if wanted and member.size <= LARGEST_MEMBER else None
            contents[name] = file.read() if file else None

    def open_member(name: str) -> IO[bytes]:
        content = contents[name]
        if content is None:
            _check_size(LARGEST_MEMBER + 1)
        return io.BytesIO(content or b"")

    return *_sort(contents), open_member


class Index:
    """The images and labels files of a tar, sorted, each with two numbers that say where it is: 150 bytes a file.

    Of two files of one name the later one counts.
    """

    def __init__(self, found: Iterable[tuple[str, int, int]]) -> None:
        names, first, second = list[str](), array("Q"), array("Q")
        self.others: list[str] = []
        for name, one, two in found:
            cleaned = _clean(name)
            if _is_wanted(cleaned):
                names.append(cleaned)
                first.append(one)
                second.append(two)
            else:
                self.others = sorted((*self.others, cleaned))[:SHOWN]
        order = sorted(range(len(names)), key=names.__getitem__)
        last = [
            i for i, following in zip_longest(order, order[1:]) if following is None or names[i] != names[following]
        ]
        self.names = [names[i] for i in last]
        self._first, self._second = (array("Q", (numbers[i] for i in last)) for numbers in (first, second))

    def __getitem__(self, name: str) -> tuple[int, int]:
        i = bisect_left(self.names, name)
        return self._first[i], self._second[i]


def _walk(root: Path) -> Iterator[str]:
    """Relative POSIX paths of all files. Real folders come before linked ones: a link never hides what it points to."""
    real, linked = [""], list[str]()
    seen: set[str] = set()
    while real or linked:
        prefix = real.pop() if real else linked.pop(0)
        identity = os.path.realpath(root / prefix)
        if identity in seen:
            continue
        seen.add(identity)
        folders, links = list[str](), list[str]()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    if _is_hidden(entry.name):
                        continue
                    if entry.is_symlink() and os.path.isdir(entry.path):  # entry.is_dir raises for a link to itself
                        links.append(f"{prefix}{entry.name}/")
                    elif entry.is_dir(follow_symlinks=False):
                        folders.append(f"{prefix}{entry.name}/")
                    elif entry.is_file(follow_symlinks=False) or _is_file_or_nothing(entry.path):
                        yield f"{prefix}{entry.name}"
        except OSError as error:
            raise DataError(f"{root / prefix} cannot be read: {error.strerror or error}.") from error
        real += sorted(folders)
        linked += sorted(links)


def _is_file_or_nothing(path: str) -> bool:
    return os.path.isfile(path) or not os.path.exists(path)  # a link to nothing is a broken image


def _clean(name: str) -> str:
    """A member's name as a relative POSIX path. One that leads out of the archive is hidden; nothing is written."""
    cleaned = "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))
    return name if cleaned == name else cleaned  # one string, not two, where there may be a million


def _is_hidden(part: str) -> bool:
    return part.startswith(".") or part == "__MACOSX"


def _is_wanted(name: str) -> bool:
    *folders, file = name.split("/")
    suffix = file.rpartition(".")[2].lower()
    return (suffix in SUFFIXES or file == LABELS_FILE) and not any(map(_is_hidden, (*folders, file)))


def _sort(found: Iterable[str]) -> tuple[list[str], list[str]]:
    """The names of images and labels files, sorted, and a few of the others."""
    names: list[str] = []
    others: list[str] = []
    for name in found:
        if _is_wanted(name):
            names.append(name)
        else:
            others = sorted((*others, name))[:SHOWN]
    names.sort()
    return names, others


def _stamps(folder: Path, names: list[str]) -> Iterator[str]:
    for name in names:
        try:
            status = os.stat(folder / name)
            yield f"{name} {status.st_size} {status.st_mtime_ns}"
        except OSError:  # a link to nothing is a broken image
            yield name


def _hash(lines: Iterable[str]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode(errors="backslashreplace") + b"\n")
    return digest.hexdigest()


def _check_size(size: int) -> None:
    if size > LARGEST_MEMBER:
        raise ValueError(f"it says that it is larger than {LARGEST_MEMBER >> 20} MiB, which is no image")


def _instead(path: Path, expected: str) -> str:
    if not path.exists():
        return f"There is no {path}; expected {expected}."
    kind = "folder" if path.is_dir() else "zip" if zipfile.is_zipfile(path) else "tar" if _is_tar(path) else ""
    hint = f"\nUse '--dataset {kind}:{path}'." if kind else ""
    return f"{path} is {'a folder' if path.is_dir() else 'a file'}; expected {expected}.{hint}"


def _is_plain_tar(path: Path) -> bool:
    try:
        tarfile.open(path, "r:").close()
        return True
    except tarfile.TarError:
        return False


def _is_tar(path: Path) -> bool:
    try:
        return tarfile.is_tarfile(path)
    except Exception:  # not even a file that can be read: no hint is given
        return False
