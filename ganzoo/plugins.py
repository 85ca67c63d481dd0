"""Finding and loading plugins, one at a time: one that fails is named and skipped, and never stops the others."""

import os
import sys
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import pluggy

from ganzoo import hookspecs

GROUP = "ganzoo"
RESTRICT = "GANZOO_LOAD_PLUGINS"


@dataclass(frozen=True)
class PluginInfo:
    """A plugin that was found: its entry-point name and distribution.

    ``problem`` says why it, or a part of it, was left out; ``loaded`` whether any of it is there.
    """

    name: str
    distribution: str
    problem: str | None = None
    loaded: bool = True


def load_plugins() -> tuple[pluggy.PluginManager, list[PluginInfo]]:
    """Load every plugin of the entry-point group ``ganzoo``, in order of name; of two of one name, ganzoo's own or the first.

    ``GANZOO_LOAD_PLUGINS=a,b`` restricts plugins of other distributions to those named (empty: none); what ships with
    ganzoo is always loaded. Problems are reported on stderr, once, and returned.
    """
    manager = pluggy.PluginManager("ganzoo")
    manager.add_hookspecs(hookspecs)
    found: list[PluginInfo] = []
    for entry in sorted(_wanted(entry_points(group=GROUP)), key=lambda e: (e.name, not _is_ours(e))):
        taken = next((info for info in found if info.name == entry.name and info.loaded), None)
        found.append(_clash(entry, taken) if taken else _load(manager, entry))
    for info in found:
        if info.problem:
            warn_left_out(info.name, info.problem)
    return manager, found


def warn_left_out(plugin: str, problem: str) -> None:
    """Say on stderr that a plugin, or a part of it, is not there."""
    print(f"Warning: plugin {plugin!r} is left out: {problem}", file=sys.stderr)


def one_line(error: BaseException) -> str:
    """An exception's type, message and place on one line."""
    text = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    # The place helps where it is the plugin's own, not where ganzoo, importlib or pluggy found fault with it.
    places = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    ours = Path(__file__).parent
    theirs = [
        f"{path.name}:{line}"
        for path, line in places
        if not path.name.startswith("<") and "pluggy" not in path.parts and ours not in path.parents
    ]
    return f"{text} ({theirs[-1]})" if theirs else text


def _wanted(entries: Collection[EntryPoint]) -> Collection[EntryPoint]:
    restriction = os.environ.get(RESTRICT)
    if restriction is None:
        return entries
    names = {name.strip() for name in restriction.split(",") if name.strip()}
    for name in sorted(names - {entry.name for entry in entries}):
        print(f"Warning: {RESTRICT} names {name!r}, which is not installed.", file=sys.stderr)
    return [entry for entry in entries if entry.name in names or _is_ours(entry)]


def _load(manager: pluggy.PluginManager, entry: EntryPoint) -> PluginInfo:
    distribution = _distribution(entry)
    try:
        manager.register(entry.load(), name=entry.name)
        # A misspelt hook would otherwise be dead code that nobody hears of.
        manager.check_pending()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a plugin may exit or panic on import; the others must live
        if manager.has_plugin(entry.name):
            manager.unregister(name=entry.name)
        return PluginInfo(entry.name, distribution, one_line(error), loaded=False)
    return PluginInfo(entry.name, distribution)


def _clash(entry: EntryPoint, taken: PluginInfo) -> PluginInfo:
    problem = f"{taken.distribution} has a plugin of that name; uninstall one of the two, or rename its entry point"
    return PluginInfo(entry.name, _distribution(entry), problem, loaded=False)


def _is_ours(entry: EntryPoint) -> bool:
    return entry.dist is not None and entry.dist.name == "ganzoo"


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else "unknown distribution"
