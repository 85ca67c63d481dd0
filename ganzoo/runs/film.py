"""A run's sample grids one after the other, as a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from ganzoo.errors import ConfigError, RunError
from ganzoo.files import write_whole
from ganzoo.runs.showcase import thinned
from ganzoo_serve.images import FILMS, extension, film

MS, LAST_MS = 120, 2000  # that a picture is shown, and the last one
MOST = 200  # pictures: of more, as many evenly spaced


def require_film(path: Path) -> None:
    """Raise ConfigError unless ``path`` names a format that can hold a film, in a folder that is there."""
    if extension(path) not in FILMS:
        raise ConfigError(
            f"{path} is no film: expected a name that ends in {' or '.join(f'.{name}' for name in FILMS)}."
        )
    if not path.absolute().parent.is_dir():
        raise ConfigError(f"There is no folder {path.parent} for {path.name}. Make it, or name another place.")


def save_film(samples: Path, path: Path) -> int:
    """Write the pictures of a folder in the order of their names; gives how many. Raises RunError without any."""
    require_film(path)
    files = thinned(sorted(samples.glob("*.png")), MOST)
    if not files:
        raise RunError(f"{samples} holds no pictures yet.")
    pictures = [np.asarray(Image.open(file).convert("RGB")) for file in files]
    write_whole(path, film(pictures, extension(path), [MS] * (len(pictures) - 1) + [LAST_MS]))
    return len(pictures)
