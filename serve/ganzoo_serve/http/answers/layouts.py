"""Several images as one reply: whole, as a picture, a document, arrays or an archive; or in pieces, as they are drawn."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import zipfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import numpy as np

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.generator import Images
from ganzoo_serve.http.requests.address import query_string
from ganzoo_serve.images import Format

Layout: TypeAlias = Literal["single", "grid", "json", "ndjson", "npy", "npz", "tar", "zip", "multipart"]
OF_PIXELS = frozenset({"grid", "npy", "npz"})  # put together from pixels; the others from encoded images
STREAMED = frozenset({"ndjson", "tar", "multipart"})
MEDIA_TYPES = {
    "json": "application/json",
    "ndjson": "application/x-ndjson",
    "npy": "application/x-npy",
    "npz": "application/x-npz",
    "tar": "application/x-tar",
    "zip": "application/zip",
    "multipart": "multipart/mixed; boundary=ganzoo",
}
_BOUNDARY = b"--ganzoo"


@dataclass(frozen=True)
class Sheet:
    """What is known of the images of a reply besides their pixels. ``base`` is the path that image addresses begin with."""

    drawing: Drawing
    form: Format
    base: str

    def entry(self, index: int) -> dict[str, Any]:
        """What an image says of itself: its place, and, unless it came from given latents, its seed and address."""
        drawing = self.drawing
        entry: dict[str, Any] = {"index": index, "class": drawing.class_of(index)}
        if drawing.seeds is not None:
            seed = drawing.seeds[index]
            entry["seed"] = seed
            entry["url"] = f"{self.base}/{seed}.{self.form.extension}{query_string(drawing, index)}"
        return entry

    def file_name(self, index: int) -> str:
        """What an image is called in an archive: ``00003-seed103-class7.png``."""
        entry = self.entry(index)
        seed = f"-seed{entry['seed']}" if "seed" in entry else ""
        label = "" if entry["class"] is None else f"-class{entry['class']}"
        return f"{index:05d}{seed}{label}.{self.form.extension}"


def npy_file(images: Sequence[Images]) -> bytes:
    """uint8 (n, h, w, c), in NumPy's format."""
    return b"".join(
        [_npy_header((len(images), *images[0].shape)), *(image.data for image in map(np.ascontiguousarray, images))]
    )


@lru_cache(maxsize=256)
def _npy_header(shape: tuple[int, ...]) -> bytes:
    """Writing it takes NumPy longer than a small image takes to be drawn."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "|u1", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def npz_file(drawing: Drawing, images: Sequence[Images]) -> bytes:
    """``images`` as in an npy file, with ``seeds`` and ``classes``, int64 (n,), where there are any."""
    arrays: dict[str, Any] = {"images": np.stack(images)}
    if drawing.seeds is not None:
        arrays["seeds"] = np.array(drawing.seeds, dtype=np.int64)
    if drawing.labels is not None:
        arrays["classes"] = drawing.labels
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def json_file(sheet: Sheet, encoded: Sequence[bytes]) -> bytes:
    """A document with every image in base64."""
    generator = sheet.drawing.generator
    document = {
        "model": generator.name,
        "rev": generator.rev,
        "truncation": sheet.drawing.truncation,
        "media_type": sheet.form.media_type,
        "images": [sheet.entry(index) | {"b64": _base64(data)} for index, data in enumerate(encoded)],
    }
    return json.dumps(document).encode()


def zip_file(sheet: Sheet, encoded: Sequence[bytes]) -> bytes:
    """An archive; its members are compressed already."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for index, data in enumerate(encoded):
            # ZipInfo's date is fixed, so the same images are the same bytes.
            archive.writestr(zipfile.ZipInfo(sheet.file_name(index)), data)
    return buffer.getvalue()


def pieces(layout: Layout, sheet: Sheet, encoded: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """A streamed layout, image by image as they come."""
    return {"ndjson": _ndjson, "tar": _tar, "multipart": _multipart}[layout](sheet, encoded)


async def _ndjson(sheet: Sheet, encoded: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for index, data in _numbered(encoded):
        entry = sheet.entry(index) | {"media_type": sheet.form.media_type, "b64": _base64(data)}
        yield json.dumps(entry).encode() + b"\n"


async def _tar(sheet: Sheet, encoded: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for index, data in _numbered(encoded):
        member = tarfile.TarInfo(sheet.file_name(index))
        member.size = len(data)
        padding = b"\0" * (-len(data) % tarfile.BLOCKSIZE)
        yield member.tobuf(tarfile.USTAR_FORMAT) + data + padding
    yield b"\0" * (2 * tarfile.BLOCKSIZE)


async def _multipart(sheet: Sheet, encoded: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async for index, data in _numbered(encoded):
        entry = sheet.entry(index)
        lines = [f"Content-Type: {sheet.form.media_type}", f"Content-Length: {len(data)}", f"X-Ganzoo-Index: {index}"]
        if "seed" in entry:
            lines += [f"X-Ganzoo-Seed: {entry['seed']}", f"Content-Location: {entry['url']}"]
        if entry["class"] is not None:
            lines.append(f"X-Ganzoo-Class: {entry['class']}")
        yield _BOUNDARY + b"\r\n" + "\r\n".join(lines).encode() + b"\r\n\r\n" + data + b"\r\n"
    yield _BOUNDARY + b"--\r\n"


async def _numbered(encoded: AsyncGenerator[bytes, None]) -> AsyncGenerator[tuple[int, bytes], None]:
    index = 0
    async with aclosing(encoded):
        async for data in encoded:
            yield index, data
            index += 1


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
