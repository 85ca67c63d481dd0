"""Pictures from arrays: encoders by file extension, the grid, and films.

An image here is uint8 (h, w, c) with c = 1, 3 or 4, or (h, w): grey, RGB or RGBA. For anything else encoders raise
ValueError.
"""

import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
import numpy.typing as npt
import PIL
from PIL import Image as Picture
from PIL import features

from ganzoo_serve import png as png_file

Pixels = npt.NDArray[np.uint8]
SIDE_LIMIT = 16384  # pixels, what image formats and viewers can be trusted with


@dataclass(frozen=True)
class Format:
    """A way to write one image. ``version`` changes when the bytes for the same pixels may."""

    extension: str
    media_type: str
    encode: Callable[[Pixels], bytes]
    version: str


def png(image: Pixels) -> bytes:
    """Lossless; fast rather than small."""
    return png_file.encode(check(image))


def jpg(image: Pixels, *, quality: int = 90) -> bytes:
    """JPEG without chroma subsampling (4:4:4), which small images would suffer from. Alpha is laid on white."""
    picture = Picture.fromarray(_squeeze(check(image)))
    if picture.mode == "RGBA":
        picture = Picture.alpha_composite(Picture.new("RGBA", picture.size, "white"), picture).convert("RGB")
    return _save(picture, "JPEG", quality=quality, subsampling=0)


def webp(image: Pixels, *, quality: int | None = None) -> bytes:
    """WebP, lossless without a ``quality`` (0 ... 100); grey becomes RGB, which the format needs.

    ``exact`` keeps the colour of transparent pixels.
    """
    picture = Picture.fromarray(_squeeze(check(image)))
    picture = picture if picture.mode != "L" else picture.convert("RGB")
    how: dict[str, object] = {"lossless": True, "method": 1} if quality is None else {"quality": quality}
    return _save(picture, "WEBP", exact=True, **how)


def avif(image: Pixels) -> bytes:
    """Lossy AVIF of high quality without chroma subsampling; where Pillow was built with it.

    By one thread, since with several the encoder makes other bytes and pixels: they would depend on the number of cores.
    """
    picture = Picture.fromarray(_squeeze(check(image)))
    picture = picture if picture.mode != "L" else picture.convert("RGB")
    return _save(picture, "AVIF", quality=90, subsampling="4:4:4", speed=8, max_threads=1)


def npy(image: Pixels) -> bytes:
    """The array itself, (h, w, c), in NumPy's format; read it with ``allow_pickle=False``."""
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.ascontiguousarray(check(image)), allow_pickle=False)
    return buffer.getvalue()


def _version(settings: int, *libraries: str) -> str:
    """What the bytes of a format depend on: our settings, by a number that goes up with them, Pillow and what it writes with."""
    found = [f"{name}-{features.version(name)}" for name in libraries]
    return " ".join([f"{settings}", f"pillow-{PIL.__version__}", *found])


_JPEG = _version(1, "jpg", "libjpeg_turbo")
_AVIF = {"avif": Format("avif", "image/avif", avif, _version(2, "avif"))} if features.check("avif") else {}
FORMATS = {
    "png": Format("png", "image/png", png, f"1 {png_file.VERSION}"),
    "jpg": Format("jpg", "image/jpeg", jpg, _JPEG),
    "jpeg": Format("jpeg", "image/jpeg", jpg, _JPEG),
    "webp": Format("webp", "image/webp", webp, _version(1, "webp")),
    **_AVIF,
    "npy": Format("npy", "application/x-npy", npy, "1"),
}


def extension(path: PurePath) -> str:
    """What ``path`` says of its format, a key of ``FORMATS`` or ``FILMS`` if it is known: ``png`` of ``A.PNG``."""
    return path.suffix.lower().removeprefix(".")


FILMS = {"gif": "image/gif", "webp": "image/webp"}  # media types by extension
FILM_VERSIONS = {"gif": _version(1), "webp": _version(1, "webp")}  # as a Format's
GIF_MS = 10  # what a gif counts in


def film(frames: Sequence[Pixels], extension: str, milliseconds: int | Sequence[int]) -> bytes:
    """Images of one size, each shown so long, without end, as ``gif`` (of 256 colours an image) or lossless ``webp``.

    A gif counts in hundredths of a second. Raises ValueError for a time between.
    """
    # One at a time: a film is many times the size of its file.
    return film_of((frame(image, extension) for image in frames), extension, milliseconds)


def frame(image: Pixels, extension: str) -> Picture.Image:
    """An image as ``film_of`` takes it. For ``gif`` this is most of the work: 256 colours are chosen."""
    picture = Picture.fromarray(_squeeze(check(image)))
    if extension != "gif":
        return picture.convert("RGB")
    return picture if picture.mode == "L" else picture.convert("RGB").convert("P", palette=Picture.Palette.ADAPTIVE)


def film_of(frames: Iterable[Picture.Image], extension: str, milliseconds: int | Sequence[int]) -> bytes:
    """As ``film``, of what ``frame`` made."""
    shown = iter(frames)
    first = next(shown)
    durations = milliseconds if isinstance(milliseconds, int) else list(milliseconds)
    if extension == "gif":
        _check_hundredths([durations] if isinstance(durations, int) else durations)
    # Lossless where the format can: images are small, and artefacts would pass for the generator's.
    how = {"lossless": True} if extension == "webp" else {}
    return _save(first, extension.upper(), save_all=True, append_images=shown, duration=durations, loop=0, **how)


def grid(images: Pixels, columns: int | None = None) -> Pixels:
    """Images (n, h, w, c), n >= 1, as one: (rows * h, columns * w, c), row by row, edge to edge; unused cells are zero.

    There is no padding, so that image i is ``grid[r*h : (r+1)*h, k*w : (k+1)*w]`` with r, k = divmod(i, columns).
    ``columns`` defaults to ``square_columns(n)``.
    """
    n, height, width, channels = images.shape
    columns = columns or square_columns(n)
    rows = math.ceil(n / columns)
    cells = np.zeros((rows * columns, height, width, channels), dtype=np.uint8)
    cells[:n] = images
    return (
        cells.reshape(rows, columns, height, width, channels)
        .swapaxes(1, 2)
        .reshape(rows * height, columns * width, channels)
    )


def square_columns(n: int) -> int:
    """The number of columns that makes a grid of n images square, or one wider than high."""
    return math.isqrt(n - 1) + 1


def check(image: Pixels) -> Pixels:
    """The image as (h, w, c). Raises ValueError unless it is one."""
    shaped = image[:, :, np.newaxis] if image.ndim == 2 else image
    if image.dtype != np.uint8 or shaped.ndim != 3 or shaped.shape[2] not in (1, 3, 4) or 0 in shaped.shape:
        raise ValueError(
            f"Not an image: {image.dtype} {image.shape}. Expected uint8 (h, w, c) with c = 1, 3 or 4, or (h, w)."
        )
    return shaped


def _check_hundredths(milliseconds: Sequence[int]) -> None:
    for time in milliseconds:
        if time % GIF_MS:
            raise ValueError(f"A gif counts in hundredths of a second: expected a multiple of {GIF_MS} ms, not {time}.")


def _squeeze(image: Pixels) -> Pixels:
    return image[:, :, 0] if image.shape[2] == 1 else image


def _save(picture: Picture.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
