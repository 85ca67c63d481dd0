"""Finding and loading plugins, one at a time: one that fails is named and skipped, and never stops the others."""

import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import pluggy

from ganzoo import hookspecs

GROUP = "ganzoo"
RESTRICT = "GANZOO_LOAD_PLUGINS"


@dataclass(frozen=True)
class PluginInfo:
    """A plugin that was found: its entry-point name, its distribution, and why it was not loaded (None if it was)."""

    name: str
    distribution: str
    problem: str | None = None


def load_plugins() -> tuple[pluggy.PluginManager, list[PluginInfo]]:
    """Load every plugin of the entry-point group ``ganzoo``, in order of name.

    ``GANZOO_LOAD_PLUGINS=a,b`` restricts plugins of other distributions to those named (empty: none); what ships with
    ganzoo is always loaded. Problems are reported on stderr, once, and returned.
    """
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    found = [_load(manager, entry) for entry in sorted(_wanted(entry_points(group=GROUP)), key=lambda e: e.name)]
    for info in found:
        if info.problem:
            warn_left_out(info.name, info.problem)
    return manager, found


def warn_left_out(plugin: str, problem: str) -> None:
    """Say on stderr that a plugin, or a part of it, is not there."""
    print(f"Warning: plugin {plugin!r} is left out: {problem}", file=sys.stderr)


def one_line(error: BaseException) -> str:
    """An exception's type and message on one line."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")


def _wanted(entries: Iterable[EntryPoint]) -> Iterable[EntryPoint]:
    restriction = os.environ.get(RESTRICT)
    if restriction is None:
        return entries
    names = {name.strip() for name in restriction.split(",") if name.strip()}
    return [e for e in entries if e.name in names or _distribution(e).split(" ")[0] == "ganzoo"]


def _load(manager: pluggy.PluginManager, entry: EntryPoint) -> PluginInfo:
    distribution = _distribution(entry)
    try:
        manager.register(entry.load(), name=entry.name)
        # A misspelt hook would otherwise be dead code that nobody hears of.
        manager.check_pending()
    except (Exception, SystemExit) as error:  # a plugin may raise anything on import; the others must live
        if manager.has_plugin(entry.name):
            manager.unregister(name=entry.name)
        return PluginInfo(entry.name, distribution, one_line(error))
    return PluginInfo(entry.name, distribution)


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown distribution"
