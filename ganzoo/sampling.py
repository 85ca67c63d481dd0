"""Images of an exported model, written to files. Needs no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from ganzoo.errors import ConfigError, GanzooError
from ganzoo_serve.generator import Generator
from ganzoo_serve.images import FORMATS, SIDE_LIMIT, extension, grid, square_columns


def sample_to(
    model: Path,
    seeds: Sequence[int],
    out: Path,
    *,
    classes: int | str | None = None,
    truncation: float | None = None,
    columns: int | None = None,
    device: Literal["auto", "cpu", "cuda"] = "auto",
) -> Path:
    """Draw ``seeds`` into ``out``: an image file (several seeds: a grid), ``.npy`` (n, h, w, c), or a folder of ``.png``.

    Returns ``out``. Raises ModelError, RequestError, ConfigError, or GanzooError if it cannot be written.
    """
    kind = extension(out)
    if kind and kind not in FORMATS:
        raise ConfigError(f"{out}: there is no format '.{kind}'; expected .{', .'.join(FORMATS)}, or a folder.")
    generator = Generator.load(model, device=device)
    try:
        if kind == "npy":
            images = generator.sample(seeds, classes=classes, truncation=truncation)
            out.parent.mkdir(parents=True, exist_ok=True)
            with out.open("wb") as file:  # a name ending in .NPY would get a second ending
                np.save(file, images, allow_pickle=False)
        elif kind:
            _check_grid(generator, len(seeds), columns)
            images = generator.sample(seeds, classes=classes, truncation=truncation)
            picture = images[0] if len(seeds) == 1 else grid(images, columns)
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(FORMATS[kind].encode(picture))
        else:
            drawn = generator.iter_samples(seeds, classes=classes, truncation=truncation)
            out.mkdir(parents=True, exist_ok=True)
            for seed, image in zip(seeds, drawn, strict=True):
                (out / f"{seed}.png").write_bytes(FORMATS["png"].encode(image))
    except OSError as error:
        raise GanzooError(f"{out} could not be written: {error.strerror}.") from error
    return out


def _check_grid(generator: Generator, n: int, columns: int | None) -> None:
    wide = columns or square_columns(n)
    image = generator.metadata.image
    if max(wide * image.width, -(-n // wide) * image.height) > SIDE_LIMIT:
        raise ConfigError(
            f"A grid of {n} images is more than {SIDE_LIMIT} pixels on a side. "
            "Expected fewer seeds, or a folder or .npy file as '-o'."
        )
