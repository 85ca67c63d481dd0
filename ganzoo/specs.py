"""The records that plugins register: what a thing is called, how it is built, which defaults its paper prescribes.

Nothing here imports torch or numpy, so that declaring costs nothing; the callables that build and load (``build``, ``generator``,
``load`` ...) import what they need when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, get_args

from pydantic import BaseModel, ConfigDict

from ganzoo.resolution import Size

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor, nn

    from ganzoo.data.files import DataFiles
    from ganzoo.evaluation.samples import Comparison, Extractor, Measured
    from ganzoo.techniques import Technique, Transform


class Options(BaseModel):
    """Base for the options of a plugin's record: typed, ranged, described; unknown names are refused, numbers are finite."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, allow_inf_nan=False)


OptionsT = TypeVar("OptionsT", bound=Options)
Split: TypeAlias = Literal["train", "test"]


class ImageShape(NamedTuple):
    """Channels, height and width of an image, in pixels."""

    channels: int
    height: int
    width: int

    @property
    def size(self) -> Size:
        """Height and width."""
        return Size(self.height, self.width)


@dataclass(frozen=True, kw_only=True)
class NetworkConfig(Generic[OptionsT]):
    """What an architecture is asked for. ``num_classes`` is 0 for an unconditional pair."""

    image_shape: ImageShape
    z_dim: int
    num_classes: int
    options: OptionsT


@dataclass(frozen=True, kw_only=True)
class Architecture:
    """A family of generators and discriminators.

    ``generator(config)`` and ``discriminator(config)`` each build one network; whoever builds both asks for the generator first:

    - the generator takes (z, c=None), z (N, z_dim) float32, c (N,) int64 class ids or None -> images (N, C, H, W) in [-1, 1];
    - the discriminator takes (images, c=None), images as above -> ``ganzoo.nn.DOutput``, or a plain tensor of logits (N,).

    They share no weights: each player would pull them its own way. What both follow, as a schedule of growth, each has from the
    configuration.

    ``truncation`` says how images can be drawn to the average: ``z``, by latents near 0, which any generator understands that was
    trained on normal ones; ``w``, by the generator itself, which then has a third argument, ``truncation``, a scalar tensor in
    0 ... 1, of which 1 is off, and None too.
    ``check(config)`` raises ``ConfigError`` for a shape the family cannot do, before anything is built.
    ``conditional`` says whether ``num_classes > 0`` is understood. ``defaults`` are training settings (dotted keys of
    ``TrainConfig``) that win over those of the loss.
    """

    name: str
    generator: Callable[[NetworkConfig[Any]], nn.Module]
    discriminator: Callable[[NetworkConfig[Any]], nn.Module]
    options: type[Options] = Options
    check: Callable[[NetworkConfig[Any]], None] | None = None
    conditional: bool = False
    truncation: Literal["z", "w"] | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    paper: str = ""
    summary: str = ""


class DiscriminatorLoss(Protocol):
    """Per-sample loss of the discriminator: logits (N,), (N,) -> (N,), minimised."""

    def __call__(self, *, real_logits: Tensor, fake_logits: Tensor) -> Tensor: ...


class GeneratorLoss(Protocol):
    """Per-sample loss of the generator: logits (N,) -> (N,), minimised; ``real_logits`` only where the game asks."""

    def __call__(self, *, fake_logits: Tensor, real_logits: Tensor | None = None) -> Tensor: ...


class Game(NamedTuple):
    """The two sides of an adversarial game. A higher logit means "more real"; nothing is reduced."""

    d_loss: DiscriminatorLoss
    g_loss: GeneratorLoss
    needs_real_logits: bool = False


@dataclass(frozen=True, kw_only=True)
class Loss:
    """An adversarial game and the training settings its paper prescribes (``defaults``, dotted keys of ``TrainConfig``).

    A default of the form ``arch.NAME`` applies where the architecture has that option and takes that value.
    ``critic`` says that the discriminator estimates a distance, so that its output is no probability.
    """

    name: str
    build: Callable[[Any], Game]
    options: type[Options] = Options
    critic: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict)
    paper: str = ""
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class TechniqueContext(Generic[OptionsT]):
    """What a regularizer or augmentation is built from."""

    options: OptionsT
    generator: nn.Module
    discriminator: nn.Module
    image_shape: ImageShape
    z_dim: int
    num_classes: int


# From the shape of what it is shown to a discriminator.
DiscriminatorBuild: TypeAlias = "Callable[[ImageShape], nn.Module]"


@dataclass(frozen=True, kw_only=True)
class Regularizer:
    """Anything added around the game: by a ``ganzoo.techniques.Technique``, by another discriminator, or by both.

    ``build`` returns the technique, and raises ``ConfigError`` for networks that it cannot work with. ``wrap(options, build,
    num_classes)`` gives a way to build a discriminator out of another one: it takes images of the shape that it is asked for,
    whatever the one within is shown.

    ``conditions``: it is how the discriminator learns of classes, in place of the architecture's own way. The discriminator
    within is then built without classes, and a game has one such regularizer at most. ``codes(options)``: the classes are not
    those of the data; there are so many, drawn uniformly, and the generator learns by itself what to make of them.
    """

    name: str
    build: Callable[[TechniqueContext[Any]], Technique] | None = None
    wrap: Callable[[Any, DiscriminatorBuild, int], DiscriminatorBuild] | None = None
    conditions: bool = False
    codes: Callable[[Any], int] | None = None
    options: type[Options] = Options
    paper: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        if self.build is None and self.wrap is None:
            raise ValueError(f"the regularizer {self.name!r} has neither build nor wrap")
        if self.codes and not self.conditions:
            raise ValueError(
                f"the regularizer {self.name!r} has codes, which take the place of classes: say conditions=True"
            )


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """A differentiable transform of real and generated images before the discriminator sees them.

    ``build`` returns a ``ganzoo.techniques.Transform``: images (N, C, H, W) in [-1, 1] and a ``ganzoo.techniques.Random`` to draw
    from -> images of the same shape.
    """

    name: str
    build: Callable[[TechniqueContext[Any]], Transform]
    options: type[Options] = Options
    paper: str = ""
    summary: str = ""


@dataclass(frozen=True, kw_only=True)
class ImageData:
    """Images and labels, in memory or mapped from a file.

    ``images``: uint8 (N, H, W, C), C of 1, 3 or 4; a read-only ``numpy.memmap`` is fine, and is read a batch at a time.
    ``labels``: int64 (N,) in 0 ... len(class_names) - 1, or None. ``sha256``: the content's hash as
    ``ganzoo.data.content_sha256`` computes it, where it is known without reading all of it. Who replaces the images by
    others leaves it out. ``cut_from``: what the images measured, in the median, before they were cut to squares because nobody
    asked for a size.
    """

    images: np.ndarray
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    licence: str = ""
    sha256: str = ""
    cut_from: Size | None = None


@dataclass(frozen=True, kw_only=True)
class ImageSource:
    """The images of one split, one by one: for collections that do not fit into memory.

    ``read(i)`` gives image i as it is stored, ``decode(stored)`` its pixels, uint8 (H, W, C) of ``shape``. Either
    raises an Exception for an image that cannot be read, which is left out. ``decode`` runs in several processes: it is a
    function of a module, or a ``functools.partial`` of one, and depends on nothing else.

    ``names`` (one an image, for messages) and ``labels`` are in the order of the images. ``where`` is the place, for
    messages. ``identify()`` says in a few letters which data these are and is different once they are others; it need not
    read them: the names, sizes and times of files will do. ``cut_from`` as of ``ImageData``.
    """

    where: str
    names: Sequence[str]
    shape: ImageShape
    read: Callable[[int], bytes]
    decode: Callable[[bytes], np.ndarray]
    identify: Callable[[], str]
    labels: np.ndarray | None = None
    class_names: tuple[str, ...] = ()
    licence: str = ""
    cut_from: Size | None = None


@dataclass(frozen=True, kw_only=True)
class DataRequest:
    """What a data set is asked for.

    ``path`` is what stands behind the colon of ``folder:PATH``. ``resolution`` (height, width) and ``channels`` are what the
    user wants, or None; a data set of one size may ignore them, the core resizes. ``files`` finds and fetches files.
    """

    path: Path | None
    split: Split
    resolution: Size | None
    channels: int | None
    files: DataFiles


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Images by name. ``resolution`` is the size in pixels to train at if the user names none: 32 is 32x32.

    Without one it is the shorter side of the images, of which the central squares are taken; if ``whole``, they stay as they are.

    ``load`` gives all images of a split. ``scan``, for sets that may not fit into memory, opens the same images one by one,
    in the same order, at the resolution and channels of the request; where that leaves them open, ``scan`` chooses. Both
    raise ``ganzoo.data.NoSplit`` for a split that there is not. ``takes_path``: the name is used as ``NAME:PATH``. ``fixed``: the
    images are no pictures (points in the plane, say), and are not cut, resized or converted. ``features`` and ``metrics`` name
    what they are best measured by, where that is neither the classifier nor Inception and not the usual metrics.
    """

    name: str
    load: Callable[[DataRequest], ImageData]
    scan: Callable[[DataRequest], AbstractContextManager[ImageSource]] | None = None
    resolution: int | Size | None = None
    whole: bool = False
    takes_path: bool = False
    fixed: bool = False
    features: str | None = None
    metrics: Sequence[str] = ()
    licence: str = ""
    paper: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.metrics, str):
            raise ValueError(
                f"the data set {self.name!r} has metrics={self.metrics!r}; expected names, as ({self.metrics!r},)"
            )


@dataclass(frozen=True, kw_only=True)
class FeatureContext(Generic[OptionsT]):
    """What a feature extractor is built from.

    ``load(split)`` gives the real images that are compared with, of ``image_shape``. ``cache`` is a folder of the
    extractor's own for what it trains; ``files`` finds and fetches weights. ``device`` is ``auto``, ``cpu``, ``cuda`` or
    ``cuda:N``. ``say`` tells the user what takes its time.
    """

    options: OptionsT
    dataset: str
    image_shape: ImageShape
    load: Callable[[Split], ImageData]
    cache: Path
    files: DataFiles
    device: str
    say: Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class FeatureExtractor:
    """Images to features, and posteriors of classes, for the metrics; ``build`` returns an ``evaluation.Extractor``."""

    name: str
    build: Callable[[FeatureContext[Any]], Extractor]
    options: type[Options] = Options
    paper: str = ""
    summary: str = ""


# What a metric looks at, of real and of generated images alike. "moments": mean and covariance of the features.
# "labels": classes of both; "generator": the model itself, to draw more of.
Need: TypeAlias = Literal["moments", "features", "probabilities", "images", "labels", "extractor", "generator"]


@dataclass(frozen=True, kw_only=True)
class Metric:
    """Numbers from real and generated images.

    ``gives`` names each number and says whether lower or higher is better ("neither": it only describes). ``needs`` is
    what ``compute`` looks at: it gets nothing else. Where only moments are needed, memory does not grow with the number of
    images; "extractor" and "generator" are for metrics that draw and look by themselves. ``default``: measured without being
    asked for.
    """

    name: str
    compute: Callable[[Comparison[Any]], Measured]
    gives: Mapping[str, Literal["lower", "higher", "neither"]]
    needs: Set[Need] = frozenset()
    options: type[Options] = Options
    default: bool = False
    paper: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        if not self.gives:
            raise ValueError(f"the metric {self.name!r} gives no number")
        for said, known in ((self.gives.values(), ("lower", "higher", "neither")), (self.needs, get_args(Need))):
            for word in said:
                if word not in known:
                    raise ValueError(f"the metric {self.name!r} says {word!r}; expected one of {', '.join(known)}")


@dataclass(frozen=True, kw_only=True)
class Published:
    """A number that a paper reports for a recipe: ``name`` is one that a metric ``gives``.

    ``where`` are the fields of our protocol that the paper fixes, such as ``{"dataset": "mnist", "samples": 10000}``: the
    number stands beside ours only where they are equal.
    """

    name: str
    value: float
    error: float | None = None
    where: Mapping[str, Any]
    source: str


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A named, complete configuration: architecture, loss and settings (dotted keys of ``TrainConfig``), with its source.

    ``published`` are the numbers that its paper reports. ``parameters`` of the generator and of the discriminator, as the player
    that it is wrapped into, for images and classes of the data that it is for. ``measured`` says in a few words what came of it
    here, with data, budget and machine.
    """

    name: str
    architecture: str
    loss: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    published: Sequence[Published] = ()
    parameters: tuple[int, int] | None = None
    measured: str = ""
    paper: str = ""
    summary: str = ""


def both_players(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a recipe that give both optimizers these: ``{"lr": 2e-4}`` is ``optimizer_g.lr`` and ``optimizer_d.lr``."""
    return {f"optimizer_{player}.{key}": value for player in "gd" for key, value in settings.items()}
