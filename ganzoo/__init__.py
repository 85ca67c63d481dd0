"""ganzoo: a zoo of generative adversarial networks, trained, exported to ONNX and served. Everything enters by plugins.

What stands here is what a plugin needs to declare itself; it imports no torch.
"""

from ganzoo.errors import ConfigError, DataError, DuplicateName, GanzooError, UnknownName
from ganzoo.hookspecs import hookimpl
from ganzoo.specs import (
    Architecture,
    Augmentation,
    DataRequest,
    Dataset,
    Game,
    ImageData,
    ImageShape,
    Loss,
    NetworkConfig,
    Options,
    Recipe,
    Regularizer,
    TechniqueContext,
)

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "Augmentation",
    "ConfigError",
    "DataError",
    "DataRequest",
    "Dataset",
    "DuplicateName",
    "Game",
    "GanzooError",
    "ImageData",
    "ImageShape",
    "Loss",
    "NetworkConfig",
    "Options",
    "Recipe",
    "Regularizer",
    "TechniqueContext",
    "UnknownName",
    "__version__",
    "hookimpl",
]
