"""All that plugins registered, by kind and name, each with the plugin it came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import click
import pluggy

from ganzoo.errors import ConfigError, DuplicateName, UnknownName
from ganzoo.hookspecs import COMMANDS
from ganzoo.kinds import kind_of_path
from ganzoo.plugins import PluginInfo, load_plugins, one_line, warn_left_out
from ganzoo.specs import (
    Architecture,
    Augmentation,
    Dataset,
    FeatureExtractor,
    Loss,
    Metric,
    Options,
    Recipe,
    Regularizer,
)

# What a command line, a dotted key and a file name can hold.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+-]*")


class Named(Protocol):
    """A record: it has a name (a click command may lack one, and is refused)."""

    @property
    def name(self) -> Any: ...


R = TypeVar("R", bound=Named)


class Catalogue(Generic[R]):
    """The records of one kind. ``kind`` is the singular for messages, ``listing`` the plural for commands.

    ``reserved`` names are ganzoo's own.
    """

    def __init__(self, kind: str, listing: str, record: type[R], reserved: Sequence[str] = ()) -> None:
        self.kind, self.listing, self.record, self.reserved = kind, listing, record, reserved
        self._records: dict[str, tuple[R, str]] = {}

    def add(self, record: R, plugin: str) -> None:
        """Take a record of ``plugin``.

        Raises DuplicateName, naming both plugins, if another one has taken the name; TypeError and ValueError for what is
        no record of this kind.
        """
        if not isinstance(record, self.record):
            raise TypeError(f"expected {self.record.__name__}, got {record!r}")
        name, options = record.name, getattr(record, "options", Options)
        if not (isinstance(name, str) and NAME.fullmatch(name)):
            raise ValueError(f"{name!r} cannot name a {self.kind}; expected letters, digits, '-', '_' and '+'")
        if not (isinstance(options, type) and issubclass(options, Options)):
            raise TypeError(
                f"the options of {self.kind} {name!r} must be a subclass of ganzoo.Options, got {options!r}"
            )
        taken = "ganzoo" if name in self.reserved else self.origin(name) if name in self else None
        if taken == plugin:
            raise ValueError(f"the {self.kind} {name!r} is registered twice")
        if taken is not None:
            raise DuplicateName(
                f"Two plugins register the {self.kind} {name!r}: {taken!r} and {plugin!r}.\n"
                f"Uninstall one of them, or choose with GANZOO_LOAD_PLUGINS; see 'ganzoo plugins'."
            )
        self._records[name] = (record, plugin)

    def get(self, name: str) -> R:
        """The record of that name. Raises UnknownName with the nearest names."""
        if name not in self._records:
            raise UnknownName(self.kind, name, self._records, listing=self.listing)
        return self._records[name][0]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._records)

    def origin(self, name: str) -> str:
        """The name of the plugin that registered ``name``."""
        return self._records[name][1]

    def describe(self, name: str) -> str:
        """Kind, name and plugin, for the beginning of a sentence about it."""
        return f"The {self.kind} {name!r} (plugin {self.origin(name)!r})"

    def __contains__(self, name: object) -> bool:
        return name in self._records

    def __iter__(self) -> Iterator[R]:
        return (self._records[name][0] for name in sorted(self._records))

    def __len__(self) -> int:
        return len(self._records)


@dataclass
class Registry:
    """The zoo: a catalogue for each kind of thing that a plugin can add, and the plugins that were found."""

    architectures: Catalogue[Architecture] = field(
        default_factory=lambda: Catalogue("architecture", "architectures", Architecture)
    )
    losses: Catalogue[Loss] = field(default_factory=lambda: Catalogue("loss", "losses", Loss))
    regularizers: Catalogue[Regularizer] = field(
        default_factory=lambda: Catalogue("regularizer", "regularizers", Regularizer)
    )
    augmentations: Catalogue[Augmentation] = field(
        default_factory=lambda: Catalogue("augmentation", "augmentations", Augmentation)
    )
    datasets: Catalogue[Dataset] = field(default_factory=lambda: Catalogue("data set", "datasets", Dataset))
    features: Catalogue[FeatureExtractor] = field(
        default_factory=lambda: Catalogue("feature extractor", "features", FeatureExtractor)
    )
    metrics: Catalogue[Metric] = field(default_factory=lambda: Catalogue("metric", "metrics", Metric))
    recipes: Catalogue[Recipe] = field(default_factory=lambda: Catalogue("recipe", "recipes", Recipe))
    commands: Catalogue[click.Command] = field(
        default_factory=lambda: Catalogue("command", "commands", click.Command, reserved=COMMANDS)
    )
    plugins: list[PluginInfo] = field(default_factory=list)

    @classmethod
    def collect(cls, manager: pluggy.PluginManager, plugins: Sequence[PluginInfo]) -> Registry:
        """Call every hook of every plugin.

        A plugin whose hook fails or registers something else is reported on stderr and in ``plugins``, and what it had
        registered so far stays. Raises DuplicateName.
        """
        registry = cls(plugins=list(plugins))
        for listing, catalogue in registry.catalogues().items():
            for implementation in getattr(manager.hook, f"register_{listing}").get_hookimpls():
                try:
                    implementation.function(_register_into(catalogue, implementation.plugin_name))
                except (DuplicateName, KeyboardInterrupt):
                    raise
                except BaseException as error:  # a plugin may do anything; the others must live
                    registry._report(implementation.plugin_name, f"register_{listing}: {one_line(error)}")
        return registry

    def _report(self, plugin: str, problem: str) -> None:
        warn_left_out(plugin, problem)
        self.plugins = [
            replace(info, problem="; ".join(filter(None, [info.problem, problem])))
            if info.name == plugin and info.loaded
            else info
            for info in self.plugins
        ]

    def catalogues(self) -> dict[str, Catalogue[Any]]:
        """Every catalogue by its plural, which is also the second half of its hook's name."""
        values = [value for value in vars(self).values() if isinstance(value, Catalogue)]
        return {catalogue.listing: catalogue for catalogue in values}

    def dataset_of(self, name: str) -> Dataset:
        """The record of ``NAME`` or ``KIND:PATH``. Raises UnknownName; ConfigError for a path without the kind that it needs."""
        kind = name.partition(":")[0]
        if kind not in self.datasets and (meant := kind_of_path(Path(name).expanduser())) in self.datasets:
            raise ConfigError(f"{name!r} is a path without the kind of data set that is there: try '{meant}:{name}'.")
        return self.datasets.get(kind)

    def split_pair(self, name: str) -> tuple[Architecture, Loss]:
        """Read ``ARCHITECTURE-LOSS``, by the longest architecture name that leaves a loss. Raises UnknownName."""
        cuts = [(name[:i], name[i + 1 :]) for i, character in enumerate(name) if character == "-"][::-1]
        for architecture, loss in cuts:
            if architecture in self.architectures and loss in self.losses:
                return self.architectures.get(architecture), self.losses.get(loss)
        for architecture, loss in cuts:  # half a name is known: the other half's error says more
            if architecture in self.architectures:
                self.losses.get(loss)
        for architecture, loss in reversed(cuts):
            if loss in self.losses:
                self.architectures.get(architecture)
        known = [f"{a.name}-{loss.name}" for a in self.architectures for loss in self.losses]
        raise UnknownName("recipe", name, {*known, *(r.name for r in self.recipes)}, listing="recipes")


def _register_into(catalogue: Catalogue[R], plugin: str) -> Callable[[R], None]:
    return lambda record: catalogue.add(record, plugin)


installed_plugins = cache(load_plugins)  # once, even if two plugins claim one name and there is no registry


@cache
def get_registry() -> Registry:
    """The zoo as installed here, loaded on first use."""
    return Registry.collect(*installed_plugins())
