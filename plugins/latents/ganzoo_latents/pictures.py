"""Sheets and films of images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ganzoo import ConfigError
from ganzoo.files import write_whole
from ganzoo_serve.generator import Images
from ganzoo_serve.images import FILMS, FORMATS, SIDE_LIMIT, extension, film, grid
from ganzoo_serve.metadata import ModelMetadata

SHEETS = ("png", "jpg", "jpeg", "webp")
MS = 80  # that each image of a film is shown
LEAST_SIDE = 64  # pixels: smaller images of a film are shown larger
FILM_LIMIT = 2**27  # pixels of all images of a film: 400 MB before they are packed


def require_sheet(path: Path) -> None:
    """Raise ConfigError unless ``path`` names a format for one picture."""
    if extension(path) not in SHEETS:
        raise ConfigError(f"{path}: expected a name that ends in {', '.join(f'.{name}' for name in SHEETS)}.")


def require_walk(path: Path) -> None:
    """Raise ConfigError unless ``path`` names a format for one picture or for a film."""
    if extension(path) not in {*SHEETS, *FILMS}:
        raise ConfigError(f"{path}: expected a name that ends in .png or .jpg for rows, .gif or .webp for a film.")


def check_sheet(metadata: ModelMetadata, rows: int, columns: int) -> None:
    """Raise ConfigError if so many images of a model are too many for one picture: to be asked before they are drawn."""
    image = metadata.image
    if max(columns * image.width, rows * image.height) > SIDE_LIMIT:
        raise ConfigError(
            f"{rows:,} rows of {columns:,} images are more than {SIDE_LIMIT} pixels on a side: expected fewer seeds or steps."
        )


def check_film(metadata: ModelMetadata, ways: int, steps: int) -> None:
    """Raise ConfigError if a film of a model's images would be too long: to be asked before they are drawn."""
    image = metadata.image
    frames, larger = 2 * ways * (steps - 1), _enlargement(image.height, image.width)
    if frames * image.height * image.width * larger**2 > FILM_LIMIT:
        raise ConfigError(
            f"A film of {frames:,} images is more than {FILM_LIMIT / 1e6:.0f} million pixels: expected fewer seeds or steps."
        )


def save_sheet(rows: Images, path: Path) -> None:
    """uint8 (rows, columns, h, w, c) as one picture, edge to edge."""
    write(path, FORMATS[extension(path)].encode(grid(rows.reshape(-1, *rows.shape[2:]), rows.shape[1])))


def save_film(ways: Images, path: Path) -> int:
    """uint8 (ways, steps, h, w, c) one after the other, back to the first image, without end. Returns how many images it has."""
    # Where a way ends the next one begins; and back the same way, so that nothing jumps.
    there = np.concatenate([ways[:1, 0], *(way[1:] for way in ways)])
    frames = np.concatenate([there, there[-2:0:-1]])
    larger = _enlargement(*frames.shape[1:3])
    frames = frames.repeat(larger, axis=1).repeat(larger, axis=2)
    write(path, film(list(frames), extension(path), MS))
    return len(frames)


def write(path: Path, content: bytes) -> None:
    """Write a whole file, and the folders that it is to lie in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, content)


def _enlargement(height: int, width: int) -> int:
    return -(-LEAST_SIDE // min(height, width))
