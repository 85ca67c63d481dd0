"""Finding data files, loading data sets, and bringing images to one shape. For plugins and the trainer; imports no torch."""

from ganzoo.data.files import DataFiles
from ganzoo.data.images import fit_square, resize, to_channels
from ganzoo.data.load import load_dataset

__all__ = ["DataFiles", "fit_square", "load_dataset", "resize", "to_channels"]
