"""What a seed gave, where it is kept, and what several seeds say together."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ganzoo import ConfigError, DataError
from ganzoo.evaluation import mean_and_interval
from ganzoo.files import write_whole


@dataclass(frozen=True, kw_only=True)
class SeedResult:
    """Errors on the test images of one seed. ``probe_labelled`` is fitted on the labelled images, ``probe_all`` on all."""

    seed: int
    supervised: int
    semisupervised: int
    probe_labelled: int
    probe_all: int
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the numbers belong to (see ``experiment.protocol``), where they were made, and the seeds that are done."""

    protocol: dict[str, Any]
    machine: dict[str, Any]
    seeds: list[SeedResult] = field(default_factory=list)


def read(path: Path, protocol: dict[str, Any]) -> list[SeedResult]:
    """The seeds in ``path``, none if there is no such file.

    Raises ConfigError if they were made with another protocol, DataError for a file that is something else.
    """
    if not path.exists():
        return []
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        seeds = [SeedResult(**seed) for seed in written["seeds"]]
        before = dict(written["protocol"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{path} holds no results of 'ganzoo semisupervised'; expected a file of its own. Give another '--json'."
        ) from error
    differ = sorted(key for key in {*before, *protocol} if before.get(key) != protocol.get(key))
    if differ:
        changes = ", ".join(f"{key} {before.get(key)!r}, now {protocol.get(key)!r}" for key in differ)
        raise ConfigError(
            f"{path} holds results of other settings: {changes}.\nGive another '--json', or remove the file."
        )
    return seeds


def write(path: Path, outcome: Outcome) -> None:
    """Replace ``path`` in one move, so that there is a whole file at every moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    summary = {
        name: dict(
            zip(("mean", "interval_95"), mean_and_interval([getattr(s, name) for s in outcome.seeds]), strict=True)
        )
        for name in ("supervised", "semisupervised", "probe_labelled", "probe_all")
        if outcome.seeds
    }
    text = json.dumps(
        {
            "protocol": outcome.protocol,
            "machine": outcome.machine,
            "seeds": [asdict(seed) for seed in outcome.seeds],
            "errors": summary,
        },
        indent=2,
    )
    write_whole(path, text + "\n")
