"""ganzoo: a zoo of generative adversarial networks, trained, exported to ONNX and served. Everything enters by plugins.

What stands here is what a plugin needs to declare itself; it imports no torch.
"""

from ganzoo.errors import ConfigError, DataError, DuplicateName, GanzooError, UnknownName
from ganzoo.hookspecs import hookimpl
from ganzoo.registry import get_registry
from ganzoo.resolution import Size
from ganzoo.specs import (
    Architecture,
    Augmentation,
    DataRequest,
    Dataset,
    DiscriminatorBuild,
    FeatureContext,
    FeatureExtractor,
    Game,
    ImageData,
    ImageShape,
    ImageSource,
    Loss,
    Metric,
    NetworkConfig,
    Options,
    Published,
    Recipe,
    Regularizer,
    TechniqueContext,
    both_players,
)

__version__ = "0.1.0"

__all__ = [
    "Architecture",
    "Augmentation",
    "ConfigError",
    "DataError",
    "DataRequest",
    "Dataset",
    "DiscriminatorBuild",
    "DuplicateName",
    "FeatureContext",
    "FeatureExtractor",
    "Game",
    "GanzooError",
    "ImageData",
    "ImageShape",
    "ImageSource",
    "Loss",
    "Metric",
    "NetworkConfig",
    "Options",
    "Published",
    "Recipe",
    "Regularizer",
    "Size",
    "TechniqueContext",
    "UnknownName",
    "__version__",
    "both_players",
    "get_registry",
    "hookimpl",
]
