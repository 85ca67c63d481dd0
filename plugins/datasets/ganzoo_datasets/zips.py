"""The directory of a zip, of which a million entries take little memory: ``zipfile`` keeps more than a kilobyte of each.

Layout: PKWARE's APPNOTE 6.3, sections 4.3.12 (entries), 4.3.14 to 4.3.16 (the end), 4.5.3 (sizes of 64 bits).
"""

import io
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

ENTRY = struct.Struct("<4s4B4HL2L5H2L")
END = struct.Struct("<4s4H2LH")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
LONGEST_COMMENT = 65_535
IS_64 = 0xFFFF_FFFF  # in place of a number that stands in the extra field
UTF8 = 0x800
NOTHING = b"PK\5\6" + bytes(18)  # an archive that is empty


@dataclass(frozen=True)
class Directory:
    """Where the directory lies in the file, and how much stands before the archive."""

    start: int
    size: int
    shift: int

    @classmethod
    def find(cls, file: IO[bytes]) -> "Directory":
        """Raises BadZipFile, struct.error or OSError for what is no zip."""
        length = file.seek(0, io.SEEK_END)
        begin = file.seek(max(0, length - LONGEST_COMMENT - END.size))
        tail = file.read()
        place = tail.rfind(NOTHING[:4])
        if place < 0:
            raise zipfile.BadZipFile("it has no directory at its end")
        *_, size, offset, _ = END.unpack_from(tail, place)
        end = begin + place
        before = end - LOCATOR_64.size - END_64.size
        if before >= 0:
            file.seek(before)
            found = END_64.unpack(file.read(END_64.size))
            if found[0] == b"PK\6\6" and file.read(4) == b"PK\6\7":
                size, offset = found[-2:]
                end = before
        if size > end:
            raise zipfile.BadZipFile("its directory is larger than the file")
        return cls(end - size, size, end - size - offset)


def entries(file: IO[bytes], directory: Directory) -> Iterator[tuple[str, int]]:
    """The name of each file and where its entry lies. Raises BadZipFile and struct.error for a damaged directory."""
    place = file.seek(directory.start)
    while place < directory.start + directory.size:
        info, length = _entry(file, directory)
        if not info.filename.endswith("/"):
            yield info.filename, place
        place += length


def entry_at(file: IO[bytes], directory: Directory, place: int) -> zipfile.ZipInfo:
    """The entry there, for ``ZipFile.open``."""
    file.seek(place)
    return _entry(file, directory)[0]


def reader(file: IO[bytes]) -> zipfile.ZipFile:
    """A ZipFile that opens entries of ``file`` and has not read its directory."""
    archive = zipfile.ZipFile(io.BytesIO(NOTHING))
    archive.fp = file
    return archive


def _entry(file: IO[bytes], directory: Directory) -> tuple[zipfile.ZipInfo, int]:
    """The entry that begins here, and its length."""
    found = ENTRY.unpack(file.read(ENTRY.size))
    if found[0] != b"PK\1\2":
        raise zipfile.BadZipFile("its directory is damaged")
    flags, method, crc, stored, size = found[5], found[6], *found[9:12]
    name, extra, comment = found[12:15]
    raw, extras = file.read(name), file.read(extra)
    file.seek(comment, io.SEEK_CUR)
    info = zipfile.ZipInfo()
    # What ZipFile.open compares with the name that stands before the data.
    info.orig_filename = raw.decode("utf-8" if flags & UTF8 else "cp437")
    info.filename = info.orig_filename.partition("\0")[0]
    info.flag_bits, info.compress_type, info.CRC = flags, method, crc
    wide = _wide(extras)
    info.file_size, info.compress_size, offset = (
        next(wide, number) if number == IS_64 else number for number in (size, stored, found[-1])
    )
    info.header_offset = offset + directory.shift
    return info, ENTRY.size + name + extra + comment


def _wide(extras: bytes) -> Iterator[int]:
    """The numbers of 64 bits in an extra field, in their order."""
    while len(extras) >= 4:
        kind, length = struct.unpack_from("<2H", extras)
        if kind == 1:
            yield from (number for (number,) in struct.iter_unpack("<Q", extras[4 : 4 + length // 8 * 8]))
        extras = extras[4 + length :]
