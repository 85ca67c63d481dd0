"""Several trainings in one folder that, begun again, go on where they were stopped."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from ganzoo.config import Resolved, Section
from ganzoo.errors import RunError
from ganzoo.files import write_whole
from ganzoo.registry import Registry
from ganzoo.runs.checkpoint import newest_checkpoint
from ganzoo.runs.folder import RunFolder
from ganzoo.training.journal import Scorer

PlanT = TypeVar("PlanT", bound=Section)


def open_folder(folder: Path, plan: PlanT, *, may_grow: Collection[str]) -> PlanT:
    """Write the plan, or see that the folder holds this very one; what is in fields that ``may_grow`` joins what was there.

    Gives the plan with all of it. Raises RunError if the folder holds another plan, or anything else.
    """
    path = folder / "plan.json"
    begun = any(folder.glob("*/stats.jsonl"))  # a plan by which nothing was trained holds nobody to it
    if path.is_file() and begun:
        try:
            before = type(plan).model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError:
            raise RunError(f"{path} cannot be read. Choose another folder with '--out'.") from None
        mine, theirs = (each.model_dump(mode="json") for each in (plan, before))
        different = [key for key in mine if key not in may_grow and mine[key] != theirs[key]]
        if different:
            raise RunError(
                f"{folder} holds an experiment with another {', '.join(different)} "
                f"({theirs[different[0]]}, now {mine[different[0]]}).\nChoose another folder with '--out'."
            )
        grown = {name: tuple(dict.fromkeys([*getattr(before, name), *getattr(plan, name)])) for name in may_grow}
        plan = plan.model_copy(update=grown)
    elif not path.is_file() and folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"{folder} is not empty and holds no experiment. Choose another folder with '--out'.")
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(plan.model_dump(mode="json"), indent=2) + "\n")
    return plan


def train(run: RunFolder, resolved: Resolved, registry: Registry, *, scorer: Scorer | None = None) -> int | None:
    """Train, or go on, or see that there is nothing to do. Returns the signal that asked to stop."""
    from ganzoo.training import resume, start

    if not run.config_file.is_file():
        return start(resolved, registry, run.path, scorer=scorer).signal
    return None if done(run, scored=scorer is not None) else resume(run.path, registry, scorer=scorer).signal


def done(run: RunFolder, *, scored: bool) -> bool:
    """Whether there is nothing to do for a run; ``scored``: its end, too, was measured if it was to be."""
    if not (run.config_file.is_file() and finished(run)):
        return False
    # It may have been stopped between the last checkpoint and its score.
    wanted = scored and run.read_config()[0].config.scoring.wanted and not run.stopped()
    return not wanted or run.scores_at(_newest(run)["nimg"] / 1000).is_file()


def finished(run: RunFolder) -> bool:
    """Whether a run's newest good checkpoint has used up its budget, or a rule has stopped it."""
    if run.stopped():
        return True
    counters = _newest(run)
    return run.read_config()[0].config.share(counters.get("nimg", 0), counters.get("g_steps", 0)) >= 1


def _newest(run: RunFolder) -> dict[str, int]:
    """Images and steps of the newest good checkpoint; empty without one."""
    try:
        return newest_checkpoint(run.checkpoints, lambda _: None)[2]
    except RunError:
        return {}
