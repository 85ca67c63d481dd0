"""What trainings that are compared have alike besides data, seeds and budget: networks, batches, latents."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ganzoo.config import Resolved, flatten
from ganzoo.errors import ConfigError, RunError
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder

# Of the first that is named, unless the user says otherwise.
SHARED = (
    "resolution",
    "channels",
    "z_dim",
    "z_distribution",
    "batch_size",
    "accumulate",
    "precision",
    "ema_halflife_kimg",
    "ema_rampup",
    "conditional",
)
# Of a run's configuration, what a start settles or a machine decides.
SETTLED = ("dataset", "data_dir", "device", "resolution", "channels", "precision")


def alike(alone: Mapping[str, Resolved], registry: Registry) -> dict[str, Any]:
    """Dotted settings for all: of the first what is shared, and what any of the losses asks of the networks.

    A critic under a gradient penalty can have no batch norm: then no other has it either. ``alone``: each by itself. Raises
    ConfigError for other architectures, and for losses that ask for different things.
    """
    first, *_ = alone.values()
    asked: dict[str, tuple[Any, str]] = {}
    for resolved in alone.values():
        loss = registry.losses.get(resolved.config.loss)
        for key, value in loss.defaults.items():
            if not key.startswith("arch.") or resolved.origins.get(key) != f"loss {loss.name}":
                continue
            before, by = asked.setdefault(key, (value, loss.name))
            if before != value:
                raise ConfigError(
                    f"{by} asks for {key}={before} and {loss.name} for {key}={value}, so they cannot have the same networks.\n"
                    f"Choose for all of them by '--set {key}={before}' or '--set {key}={value}', or compare them as they are "
                    "by '--own-networks'."
                )
    _require_same(alone, lambda resolved: {"the architecture": resolved.config.architecture})
    return {key: getattr(first.config, key) for key in SHARED} | {key: value for key, (value, _) in asked.items()}


def require_same_networks(found: Mapping[str, Resolved]) -> None:
    """Raise ConfigError, naming what differs, unless all have the networks of the first."""
    _require_same(found, lambda resolved: flatten({"arch": resolved.config.arch}))


def _require_same(found: Mapping[str, Resolved], look: Callable[[Resolved], Mapping[str, Any]]) -> None:
    (first, one), *others = found.items()
    for text, other in others:
        mine, theirs = look(one), look(other)
        for key in dict.fromkeys([*mine, *theirs]):
            if mine.get(key) != theirs.get(key):
                raise ConfigError(
                    f"{first} and {text} have different networks: {key} is {mine.get(key)} and {theirs.get(key)}.\n"
                    "Only the objective is to change: name pairs of one architecture, set it for all by '--set', or compare "
                    "them as they are by '--own-networks'."
                )


def require_as_begun(run: RunFolder, resolved: Resolved) -> None:
    """Raise RunError if a run was begun with other settings: who joined it decides what all have alike."""
    if not run.config_file.is_file():
        return
    before, now = (
        flatten(each.config.model_dump(mode="json", exclude=set(SETTLED))) for each in (run.read_config()[0], resolved)
    )
    for key in dict.fromkeys([*before, *now]):
        if before.get(key) != now.get(key):
            raise RunError(
                f"{run.path} was trained with {key} = {before.get(key)}, and beside what it is compared with now it "
                f"would be {now.get(key)}.\nChoose another folder with '--out'."
            )
