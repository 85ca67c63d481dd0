"""Several recipes on one data set with one budget: trained, exported and scored over several seeds, into one table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from ganzoo.bench.trainings import open_folder, train
from ganzoo.config import Layer, Section, explain, resolve
from ganzoo.errors import ConfigError, Diverged, GanzooError
from ganzoo.evaluation.choice import asked_for
from ganzoo.evaluation.eye import features_asked_for
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.run import evaluate_run
from ganzoo.evaluation.scores import Evaluation
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.specs import Split


class Plan(Section):
    """What an experiment compares. ``settings`` are dotted keys for all recipes; ``metrics`` have their options."""

    recipes: tuple[str, ...]
    dataset: str
    kimg: float | None
    steps: int | None
    seeds: tuple[int, ...]
    metrics: dict[str, dict[str, Any]] = Field({})
    features: tuple[str, dict[str, Any]] | None = None
    samples: int = 10_000
    split: Split = "train"
    settings: dict[str, Any] = Field({})

    @classmethod
    def of(cls, **fields: Any) -> Plan:
        """A plan of what was typed. Raises ConfigError."""
        try:
            return cls(**fields)
        except ValidationError as error:
            raise ConfigError(explain(error, cls, {}, hint="See 'ganzoo bench zoo --help'.")) from None


@dataclass(frozen=True)
class Row:
    """One recipe: an evaluation for each seed that is done, and why others are not."""

    recipe: str
    evaluations: tuple[Evaluation, ...]
    problems: tuple[str, ...] = ()
    pictures: tuple[Path, ...] = field(default=(), repr=False)


class Experiment:
    """A folder with a run for each recipe and seed; begun again, it goes on where it was stopped."""

    def __init__(self, folder: Path, plan: Plan, *, data_dir: Path | None = None, device: str = "auto") -> None:
        self.folder, self.plan, self.data_dir, self.device = folder, plan, data_dir, device

    def open(self) -> None:
        """Write the plan, or see that the folder holds this very one. Raises RunError if it holds another."""
        # More recipes and seeds may join; what all of them share may not change.
        open_folder(self.folder, self.plan, may_grow=("recipes", "seeds"))

    def resolve_all(self, registry: Registry) -> None:
        """Raise for a recipe, setting, metric or extractor that cannot be, before anything is trained."""
        for recipe in self.plan.recipes:
            for seed in self.plan.seeds:
                resolve(recipe, registry, self._layers(seed))
        asked_for(self.plan.metrics, self.plan.dataset, registry)
        if self.plan.features:
            features_asked_for(self.plan.features, registry)

    def play(self, registry: Registry, stages: Stages) -> Iterator[Row | int]:
        """Train and score what is not done; a row after each recipe. An int is the signal that asked to stop, and the end."""
        begun, trainings = 0, len(self.plan.recipes) * len(self.plan.seeds)
        for recipe in self.plan.recipes:
            evaluations, problems, pictures = [], [], []
            for seed in self.plan.seeds:
                run = RunFolder(self.folder / f"{recipe}-{seed}")
                begun += 1
                stages.say(f"{recipe}, seed {seed}: {begun} of {trainings}")
                if run.diverged():  # it would again
                    problems.append(f"seed {seed}: The game diverged: {run.diverged()} became NaN or infinite.")
                    continue
                try:
                    signal = train(run, resolve(recipe, registry, self._layers(seed)), registry)
                    if signal is not None:
                        yield signal
                        return
                    evaluations.append(self._score(run, registry, stages))
                    pictures += sorted(run.samples.glob("*.png"))[-1:]
                except Diverged as error:
                    problems.append(f"seed {seed}: {str(error).splitlines()[0]}")
                except GanzooError as error:
                    error.add_note(f"It was {recipe}, seed {seed}, in {run.path}.")
                    raise
            yield Row(recipe, tuple(evaluations), tuple(problems), tuple(pictures))

    def _layers(self, seed: int) -> list[Layer]:
        plan = self.plan
        line = {"dataset": plan.dataset, "seed": seed, "device": self.device}
        asked = {"kimg": plan.kimg, "steps": plan.steps, "data_dir": self.data_dir}
        return [Layer("experiment", plan.settings | line | {key: v for key, v in asked.items() if v is not None})]

    def _score(self, run: RunFolder, registry: Registry, stages: Stages) -> Evaluation:
        """What was measured of the run's end; measured now if it was not before."""
        # A file of the experiment's own: RUN/scores also holds what was measured of the run in other ways.
        newest = hashlib.sha256(checkpoints(run.checkpoints)[0].read_bytes()).hexdigest()
        kept = self.folder / "scores" / f"{run.path.name}-{newest[:16]}.json"
        if kept.is_file():
            return Evaluation.read(kept)
        plan = self.plan
        request = Request(
            dataset=plan.dataset,
            split=plan.split,
            metrics=plan.metrics,
            features=plan.features,
            samples=plan.samples,
            data_dir=self.data_dir,
            device=self.device,
        )
        with stages.open():
            evaluation = evaluate_run(run, request, registry, stages)
        evaluation.write(kept)
        return evaluation
