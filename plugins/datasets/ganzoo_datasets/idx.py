"""The IDX format of MNIST: magic number, sizes, then bytes."""

import gzip
import zlib
from math import prod
from pathlib import Path
from typing import Protocol

import numpy as np

from ganzoo import DataError

UNSIGNED_BYTES = 8
CHUNK = 1 << 20


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_idx(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """The uint8 array of an IDX file, gzipped if its name ends with ``.gz``. Raises DataError unless it has this shape.

    Header, big-endian: two zero bytes, the type (8: unsigned byte), the number of dimensions, four bytes for each.
    """
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            _check_header(file, path, shape)
            data = _read(file, prod(shape) + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} cannot be read as IDX: {error}.") from error
    if len(data) != prod(shape):
        amount = f"{len(data)} bytes" if len(data) < prod(shape) else "more"
        raise DataError(f"{path} holds {amount} after its header; expected {prod(shape)} bytes.")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _check_header(file: Readable, path: Path, shape: tuple[int, ...]) -> None:
    expected = bytes([0, 0, UNSIGNED_BYTES, len(shape)])
    magic = _read(file, 4)
    if magic != expected:
        raise DataError(f"{path} is no IDX file of {len(shape)}-d bytes: it begins {magic!r}, expected {expected!r}.")
    header = _read(file, 4 * len(shape))
    if len(header) < 4 * len(shape):
        raise DataError(f"{path} ends within its header; expected the sizes {shape}.")
    sizes = tuple(int(size) for size in np.frombuffer(header, ">u4"))
    if sizes != shape:
        raise DataError(f"{path} says that it holds {sizes}; expected {shape}.")


def _read(file: Readable, size: int) -> bytes:
    """At most ``size`` bytes, fewer where the file ends. Memory grows with what is there, not what is asked."""
    data = bytearray()
    while len(data) < size and (chunk := file.read(min(CHUNK, size - len(data)))):
        data += chunk
    return bytes(data)
