"""Several objectives on the same networks, data, seeds and budget: trained side by side, to be put on one page."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, ValidationInfo, field_validator

from ganzoo.bench.alike import alike, require_as_begun, require_same_networks
from ganzoo.bench.trainings import done, open_folder, train
from ganzoo.config import Layer, Resolved, Section, explain, resolve
from ganzoo.errors import ConfigError, Diverged, GanzooError, UnknownName
from ganzoo.evaluation.choice import asked_for
from ganzoo.params import NameWithOptions
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder
from ganzoo.training.journal import Scorer

# Settings that have an option of their own: given otherwise, the page would say what is not so.
OPTIONS = {
    "dataset": "--dataset",
    "data_dir": "--data-dir",
    "device": "--device",
    "seed": "--seeds",
    "steps": "--steps",
    "kimg": "--steps",
}


class Plan(Section):
    """What is compared. ``settings`` are dotted keys for all; ``at`` are generator updates at which to look."""

    entries: tuple[str, ...] = Field(min_length=1)
    dataset: str
    steps: int = Field(ge=1)
    seeds: tuple[int, ...]
    at: tuple[int, ...]
    metrics: tuple[str, ...] = ()
    features: str | None = None
    samples: int = Field(10_000, ge=2)
    settings: dict[str, Any] = Field({})
    own_networks: bool = False

    @field_validator("at")
    @classmethod
    def _within_the_budget(cls, at: tuple[int, ...], given: ValidationInfo) -> tuple[int, ...]:
        if at and max(at) > given.data.get("steps", max(at)):
            raise ValueError(f"{max(at)} is beyond the budget of {given.data['steps']} updates")
        return tuple(sorted(set(at)))

    @field_validator("settings")
    @classmethod
    def _no_option_of_its_own(cls, settings: dict[str, Any]) -> dict[str, Any]:
        for key in settings.keys() & OPTIONS.keys():
            raise ValueError(f"{key} is given by '{OPTIONS[key]}'")
        return settings

    @classmethod
    def of(cls, **fields: Any) -> Plan:
        """A plan of what was typed. Raises ConfigError."""
        try:
            return cls(**fields)
        except ValidationError as error:
            raise ConfigError(explain(error, cls, {}, hint="See 'ganzoo compare --help'.")) from None


@dataclass(frozen=True)
class Entry:
    """One objective: a pair or a recipe, and regularizers laid upon it, as in ``dcgan-ns+r1:gamma=1+packing``."""

    text: str
    name: str
    regularizers: Mapping[str, Mapping[str, Any]]

    @classmethod
    def read(cls, text: str, registry: Registry) -> Entry:
        """Raises click's BadParameter for options that are none, ConfigError for a regularizer named twice.

        Names may hold a ``+`` of their own: the longest that somebody registered wins.
        """
        name, *others = _apart(text, registry)
        read = [NameWithOptions().convert(other, None, None) for other in others]
        names = [regularizer for regularizer, _ in read]
        if not name or len(set(names)) < len(names):
            problem = "names a regularizer twice" if name else "does not begin with a recipe or a pair"
            raise ConfigError(f"{text!r} {problem}; expected for example toy-ns+r1:gamma=1+packing.")
        return cls(text, name, dict(read))

    def is_pair(self, registry: Registry) -> bool:
        """Whether it stands for a pair with the loss's own settings: also where a tuned recipe has that name."""
        return _is_pair(self.name, registry)

    def settings(self) -> dict[str, Any]:
        """The regularizers as dotted settings."""
        found: dict[str, Any] = {}
        for name, options in self.regularizers.items():
            found |= {f"regularizers.{name}": {}} | {f"regularizers.{name}.{k}": v for k, v in options.items()}
        return found


class Comparison:
    """A folder with a run for each entry and seed; begun again, it goes on where it was stopped."""

    def __init__(
        self, folder: Path, plan: Plan, registry: Registry, *, data_dir: Path | None = None, device: str = "auto"
    ) -> None:
        self.folder, self.plan, self._registry = folder, plan, registry
        self._data_dir, self._device = data_dir, device
        self._entries = [Entry.read(text, registry) for text in plan.entries]

    def open(self) -> None:
        """Write the plan, or see that the folder holds this very one, which entries and seeds may join.

        From then on it is about all of them. Raises RunError if the folder holds another plan.
        """
        self.plan = open_folder(self.folder, self.plan, may_grow=("entries", "seeds"))
        self._entries = [Entry.read(text, self._registry) for text in self.plan.entries]

    def runs(self) -> dict[str, list[RunFolder]]:
        """The run folders of each entry, begun or not."""
        return {
            entry.text: [RunFolder(self.folder / f"{_slug(entry.text)}-{seed}") for seed in self.plan.seeds]
            for entry in self._entries
        }

    def resolve_all(self) -> dict[str, list[Resolved]]:
        """The configuration of each entry and seed. Raises ConfigError for what cannot be."""
        plan = self.plan
        asked_for({name: {} for name in plan.metrics}, plan.dataset, self._registry)
        fixed, user = Layer("comparison", self._fixed()), Layer("comparison", dict(plan.settings))
        layers = [fixed, user]
        if not plan.own_networks:
            alone = {entry.text: self._resolve(entry, layers) for entry in self._entries}
            layers = [fixed, Layer("same networks", alike(alone, self._registry)), user]
        found = {
            entry.text: [self._resolve(entry, [*layers, Layer("comparison", {"seed": seed})]) for seed in plan.seeds]
            for entry in self._entries
        }
        if not plan.own_networks:
            require_same_networks({text: resolved[0] for text, resolved in found.items()})
        return found

    def rehearse(self) -> None:
        """Build the game of each entry that has yet to begin: it may be the last one that cannot be played, days later.

        Raises GanzooError, of all sorts. Writes nothing.
        """
        from ganzoo.training import prepare

        runs = self.runs()
        for text, resolved in self.resolve_all().items():
            if any(run.config_file.is_file() for run in runs[text]):
                continue
            try:
                prepare(resolved[0], self._registry)
            except GanzooError as error:
                error.add_note(f"It was {text}. Nothing was trained.")
                raise

    def play(self, stages: Stages, scorer: Callable[[], Scorer] | None = None) -> Iterator[str | int]:
        """Train what is not done; the entry's text after each such run. An int is the signal that asked to stop, and the end.

        Seed by seed, so that a stop leaves all entries alike far. A game that diverges is an outcome like others. ``scorer``
        makes one for each run. Raises RunError if a run was begun otherwise than it would be now.
        """
        resolved, runs = self.resolve_all(), self.runs()
        for text in runs:
            for run, one in zip(runs[text], resolved[text], strict=True):
                require_as_begun(run, one)
        begun, trainings = 0, len(self._entries) * len(self.plan.seeds)
        for index, seed in enumerate(self.plan.seeds):
            for entry in self._entries:
                run = runs[entry.text][index]
                begun += 1
                if done(run, scored=scorer is not None) or run.diverged():
                    continue
                stages.say(f"{entry.text}, seed {seed}: {begun} of {trainings}")
                try:
                    signal = train(
                        run, resolved[entry.text][index], self._registry, scorer=scorer() if scorer else None
                    )
                    if signal is not None:
                        yield signal
                        return
                except Diverged as error:
                    stages.say(str(error).splitlines()[0])
                except GanzooError as error:
                    error.add_note(f"It was {entry.text}, seed {seed}, in {run.path}.")
                    raise
                yield entry.text

    def _fixed(self) -> dict[str, Any]:
        plan = self.plan
        own = self._registry.dataset_of(plan.dataset).metrics
        at = tuple(step for step in plan.at if step)  # the beginning is always looked at, and so is the end
        return {
            "dataset": plan.dataset,
            "steps": plan.steps,
            "device": self._device,
            "sample_every": 1e6,
            "sample_steps": at,
            "checkpoint_every": 100.0,
            "scoring.steps": at,
            "scoring.metrics": plan.metrics or tuple(own) or ("fid",),
            "scoring.samples": plan.samples,
        } | {
            key: value
            for key, value in {"data_dir": self._data_dir, "scoring.features": plan.features}.items()
            if value is not None
        }

    def _resolve(self, entry: Entry, layers: Sequence[Layer]) -> Resolved:
        asked = [*layers, Layer("comparison", entry.settings())]
        return resolve(entry.name, self._registry, asked, pair=entry.is_pair(self._registry))


def _apart(text: str, registry: Registry) -> list[str]:
    """The recipe or pair, and the regularizers with their options."""
    words = text.split("+")
    known = [end for end in range(len(words), 0, -1) if _is_recipe("+".join(words[:end]), registry)]
    first = known[0] if known else 1
    parts, words = ["+".join(words[:first])], words[first:]
    while words:
        ends = (end for end in range(len(words), 0, -1) if ":" not in "+".join(words[: end - 1]))
        end = next((end for end in ends if "+".join(words[:end]).partition(":")[0] in registry.regularizers), 1)
        part, words = "+".join(words[:end]), words[end:]
        if len(parts) > 1 and ":" in parts[-1] and part.partition(":")[0] not in registry.regularizers:
            parts[-1] += f"+{part}"  # of a number such as 1e+3
        else:
            parts.append(part)
    return parts


def _is_recipe(name: str, registry: Registry) -> bool:
    return name in registry.recipes or _is_pair(name, registry)


def _is_pair(name: str, registry: Registry) -> bool:
    try:
        registry.split_pair(name)
    except UnknownName:
        return False
    return True


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9._=-]+", "_", text)
