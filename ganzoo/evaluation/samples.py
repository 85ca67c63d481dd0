"""What metrics look at: images of one kind, seen through a feature extractor, and the comparison of two kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ganzoo.errors import BrokenPlugin
from ganzoo.specs import Need, OptionsT, Split

if TYPE_CHECKING:
    from ganzoo_serve.generator import Generator

Pixels: TypeAlias = npt.NDArray[np.uint8]
Float32: TypeAlias = npt.NDArray[np.float32]
Float64: TypeAlias = npt.NDArray[np.float64]
Labels: TypeAlias = npt.NDArray[np.int64]
T = TypeVar("T")


class Features(NamedTuple):
    """Of N images: features (N, dim) float32, and posteriors of classes (N, num_classes) float32 or None."""

    features: Float32
    probabilities: Float32 | None = None


class Extractor(ABC):
    """A frozen function from images to features; called with a few hundred images at a time.

    ``identity`` is a hash of the weights and of whatever else the features depend on: features of different identity are
    never compared. ``resizer`` says how images are brought to the network's size. ``num_classes`` is 0 without
    posteriors; ``class_names`` are those of the posteriors' columns, where they have any.
    """

    identity: str
    resizer: str
    dim: int
    num_classes: int = 0
    class_names: tuple[str, ...] = ()

    @abstractmethod
    def __call__(self, images: Pixels) -> Features:
        """images uint8 (N, H, W, C) of the shape that the extractor was built for."""


class Moments:
    """Mean (dim,) and covariance (dim, dim), float64, of features that pass by: memory does not grow with their number.

    Chan, Golub & LeVeque 1983, doi:10.1080/00031305.1983.10483115: the pairwise update, exact where sums of squares cancel.
    """

    def __init__(self, dim: int) -> None:
        self.count, self.mean = 0, np.zeros(dim)
        self._scatter = np.zeros((dim, dim))

    def add(self, features: Float32) -> None:
        """Take in features (N, dim)."""
        if not len(features):
            return
        rows = features.astype(np.float64)
        mean = rows.mean(axis=0)
        rows -= mean
        total, shift = self.count + len(rows), mean - self.mean
        self._scatter += rows.T @ rows
        self._scatter += np.outer(shift, shift) * (self.count * len(rows) / total)
        self.mean += shift * (len(rows) / total)
        self.count = total

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """What ``from_arrays`` makes the same moments of."""
        return {"count": np.array([self.count]), "mean": self.mean, "scatter": self._scatter}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Moments:
        """The moments that ``to_arrays`` gave."""
        moments = cls(len(arrays["mean"]))
        moments.count, moments.mean, moments._scatter = int(arrays["count"][0]), arrays["mean"], arrays["scatter"]
        return moments

    @property
    def covariance(self) -> Float64:
        """The unbiased covariance, over N - 1; zero for a single image."""
        return self._scatter / max(self.count - 1, 1)


class Sample:
    """Images of one kind, generated or real, as far as the metrics of an evaluation need them.

    ``moments`` of the features, ``features`` (N, dim) float32, ``probabilities`` (N, num_classes) float32, ``images`` uint8
    (N, H, W, C) and ``labels`` int64 (N,), the class asked for or of the real image, raise BrokenPlugin unless the metric's
    record says that it ``needs`` them. ``count`` is how many images there are.
    """

    def __init__(
        self,
        count: int,
        *,
        moments: Moments | None = None,
        features: Float32 | None = None,
        probabilities: Float32 | None = None,
        images: Pixels | None = None,
        labels: Labels | None = None,
    ) -> None:
        self.count, self._moments = count, moments
        self._features, self._probabilities, self._images, self._labels = features, probabilities, images, labels

    @classmethod
    def of(
        cls,
        features: Float32,
        *,
        probabilities: Float32 | None = None,
        images: Pixels | None = None,
        labels: Labels | None = None,
    ) -> Sample:
        """A sample of these features (N, dim)."""
        moments = Moments(features.shape[1])
        moments.add(features)
        return cls(
            len(features),
            moments=moments,
            features=features,
            probabilities=probabilities,
            images=images,
            labels=labels,
        )

    def only(self, needs: Set[Need]) -> Sample:
        """As much of the sample as a metric with these ``needs`` is shown."""
        return Sample(
            self.count,
            moments=self._moments if "moments" in needs else None,
            features=self._features if "features" in needs else None,
            probabilities=self._probabilities if "probabilities" in needs else None,
            images=self._images if "images" in needs else None,
            labels=self._labels if "labels" in needs else None,
        )

    @property
    def moments(self) -> Moments:
        return _needed("moments", self._moments)

    @property
    def features(self) -> Float32:
        return _needed("features", self._features)

    @property
    def probabilities(self) -> Float32:
        return _needed("probabilities", self._probabilities)

    @property
    def images(self) -> Pixels:
        return _needed("images", self._images)

    @property
    def labels(self) -> Labels:
        return _needed("labels", self._labels)


def _needed(name: Need, value: T | None) -> T:
    if value is None:
        raise BrokenPlugin(
            f"A metric looks at {name}, which its record does not say that it needs: needs={{{name!r}}}."
        )
    return value


class Estimate(NamedTuple):
    """A number with its standard error, and what that was taken over ("100 subsets of 1,000")."""

    value: float
    error: float
    over: str


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What a metric found: its numbers by the names that its record ``gives``.

    ``notes`` are sentences for the user, ``pictures`` uint8 (h, w, c) by name, ``details`` plain data such as a number for
    each class.
    """

    values: Mapping[str, float | Estimate]
    notes: Sequence[str] = ()
    pictures: Mapping[str, Pixels] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Comparison(Generic[OptionsT]):
    """Generated images beside real ones, for one metric, which is shown what it needs and nothing else.

    ``reference`` is the sample of real images asked for, of ``split``; ``real(split)`` is either split, seen through the same
    ``extractor``, and raises DataError if the data set has none. ``class_names`` are the data set's, empty without
    labels. Image i of ``generated`` is of ``seeds[i]``, of class ``classes[i]`` if the model has classes (else None), under
    ``truncation``; ``generator`` is the model, for a metric that draws more of the same. ``extractor`` may be called
    by a metric that needs it, or moments, features or probabilities. ``say`` tells the user what takes its time.
    """

    options: OptionsT
    generated: Sample
    split: Split
    real: Callable[[Split], Sample]
    class_names: tuple[str, ...]
    seeds: range
    classes: Labels | None
    truncation: float | None
    say: Callable[[str], None]
    seen_by: Extractor | None = None
    drawn_by: Generator | None = None

    @property
    def reference(self) -> Sample:
        return self.real(self.split)

    @property
    def extractor(self) -> Extractor:
        return _needed("extractor", self.seen_by)

    @property
    def generator(self) -> Generator:
        return _needed("generator", self.drawn_by)
