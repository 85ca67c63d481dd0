"""The requests, byte for byte, and pixels out of the replies."""

import io
import json

import numpy as np
import numpy.typing as npt
import PIL.Image

from ganzoo_serve.bench.tally import Ask

_ENDS_PNG = b"IEND\xaeB`\x82"
Pixels = npt.NDArray[np.uint8]


def get(
    path: str, *, images: int = 1, more: str = "", begins: bytes = b"", ends: bytes = b"", status: int = 200
) -> Ask:
    """``GET path``, where ``SEED`` stands for the seed; ``more`` are further header lines, each ending in CRLF."""
    before, _, after = _get_bytes(path, more).partition(b"SEED")
    fixed = b"SEED" not in _get_bytes(path, more)

    def build(seed: int) -> bytes:
        return before if fixed else b"%b%d%b" % (before, seed, after)

    return Ask(build, images, begins, ends, status=status)


def get_png(path: str) -> Ask:
    """``GET path`` of a PNG file."""
    return get(path, begins=b"\x89PNG\r\n\x1a\n", ends=_ENDS_PNG)


def post_json(
    path: str, document: object, *, images: int, begins: bytes = b"", ends: bytes = b"", size: int | None = None
) -> Ask:
    """``POST path`` of a JSON document in which the string ``SEED`` stands for the number of the first seed."""
    before, _, after = json.dumps(document).encode().partition(b'"SEED"')

    def build(seed: int) -> bytes:
        content = b"%b%d%b" % (before, seed, after)
        return b"%bcontent-length: %d\r\n\r\n%b" % (head, len(content), content)

    head = _head("POST", path, "content-type: application/json\r\n")
    return Ask(build, images, begins, ends, size)


def _get_bytes(path: str, more: str) -> bytes:
    return _head("GET", path, more) + b"\r\n"


def _head(method: str, path: str, more: str) -> bytes:
    return f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: ganzoo-bench\r\naccept: */*\r\n{more}".encode()


def pixels(body: bytes) -> Pixels:
    """The images of a reply, a PNG file or NumPy's npz (``images``) or npy: uint8 (n, h, w, c). Raises ValueError."""
    if body.startswith(b"\x89PNG"):
        image = np.asarray(PIL.Image.open(io.BytesIO(body)))
        return image.reshape(1, *image.shape[:2], -1)
    found = np.load(io.BytesIO(body), allow_pickle=False)
    array: Pixels = found if isinstance(found, np.ndarray) else found["images"]
    return array
