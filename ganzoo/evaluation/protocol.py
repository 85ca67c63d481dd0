"""Under what a score was taken: only scores of equal protocols can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from ganzoo.config import Section, flatten
from ganzoo.errors import ConfigError
from ganzoo.specs import Split

ClassRule: TypeAlias = Literal["none", "as in the data", "uniform", "their own"]
SQUARE, OTHER = "Lanczos, largest centred square", "Lanczos, largest centred part of that shape"


class RealSet(Section):
    """Real images that a score looked at: how many, and the hash of their content."""

    images: int
    sha256: str


class Protocol(Section):
    """All that moves a score besides the model.

    ``split`` is the one asked for, ``real`` what the metric looked at, by split. ``image`` is (height, width, channels).
    ``classes``: how generated images got theirs. ``features`` and what follows is None where the metric looks at none;
    ``features_sha256`` is the extractor's identity.
    """

    metric: str
    options: dict[str, Any]
    dataset: str
    split: Split
    real: dict[Split, RealSet]
    image: tuple[int, int, int]
    resizer: str = SQUARE
    samples: int
    classes: ClassRule
    truncation: float | None = None
    features: str | None = None
    features_options: dict[str, Any] | None = None
    features_sha256: str | None = None
    features_resizer: str | None = None

    @property
    def seen_through(self) -> str:
        """The extractor and the beginning of its hash, or nothing where the metric looks at no features."""
        return f"{self.features} features {(self.features_sha256 or '')[:12]}" if self.features else ""

    @property
    def against(self) -> str:
        """The real images: ``mnist (train, 60,000 images) at 32x32x1``."""
        sets = "; ".join(f"{split}, {found.images:,} images" for split, found in sorted(self.real.items()))
        size = "x".join(map(str, self.image))
        return f"{self.dataset} ({sets}) at {size}" if sets else f"{self.dataset} at {size}"

    def matches(self, where: Mapping[str, Any]) -> bool:
        """Whether these fields have these values; ``options.size`` is one within another.

        Raises ConfigError for a field that protocols do not have.
        """
        for key in where:
            if key.partition(".")[0] not in Protocol.model_fields:
                raise ConfigError(
                    f"A protocol has no {key!r}; expected one of {', '.join(sorted(Protocol.model_fields))}."
                )
        plain = self.model_dump(mode="json")
        mine = plain | flatten(plain)
        return all(
            key in mine and _is(mine[key], value, shortened=key.endswith("sha256")) for key, value in where.items()
        )

    def unlike(self, other: Protocol) -> dict[str, tuple[Any, Any]]:
        """Where two protocols differ, by field, in so far as it makes scores incomparable.

        The data set's name alone does not, nor whether classes "as in the data" were asked for or come by themselves.
        """
        mine, theirs = (flatten(p.model_dump(mode="json")) for p in (self, other))
        pairs = {key: (mine.get(key), theirs.get(key)) for key in (mine | theirs)}
        different = {key: values for key, values in pairs.items() if values[0] != values[1]}
        if "uniform" not in (self.classes, other.classes):
            different.pop("classes", None)
        if different.keys() == {"dataset"}:
            different.clear()
        return different


def _is(value: Any, asked: Any, *, shortened: bool) -> bool:
    """Whether a value is the one asked for; of a hash the beginning is enough, as it is shown."""
    return bool(value == asked) or (shortened and bool(asked) and str(value).startswith(str(asked)))
