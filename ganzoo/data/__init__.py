"""Finding data files, and bringing images to one shape. For data set plugins and the trainer; imports no torch."""

from ganzoo.data.files import DataFiles
from ganzoo.data.images import fit_square, resize, to_channels

__all__ = ["DataFiles", "fit_square", "resize", "to_channels"]
