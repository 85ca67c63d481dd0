"""Finding data files, loading data sets, and bringing images to one shape. For plugins and the trainer; imports no torch."""

from ganzoo.data.broken import Broken
from ganzoo.data.files import DataFiles
from ganzoo.data.identity import content_sha256, public_name
from ganzoo.data.images import fit, resize, to_channels
from ganzoo.data.load import NoSplit, load_dataset
from ganzoo.data.packing.packed import Pack

__all__ = [
    "Broken",
    "DataFiles",
    "NoSplit",
    "Pack",
    "content_sha256",
    "fit",
    "load_dataset",
    "public_name",
    "resize",
    "to_channels",
]
