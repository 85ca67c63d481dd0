"""``packed:PATH``: what ``ganzoo data pack`` wrote, mapped and not read."""

from ganzoo import ConfigError, DataRequest, ImageData
from ganzoo.data import Pack


def load(request: DataRequest) -> ImageData:
    """One split, as it was packed. Raises ConfigError for another size, DataError for files that are not as packed."""
    if request.path is None:
        raise ConfigError("Data set 'packed' needs a path: '--dataset packed:PATH'.")
    return Pack.read(request.path).load(request.split, resolution=request.resolution, channels=request.channels)
