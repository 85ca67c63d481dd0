"""One thing that was looked for, and what the numbers say."""

from __future__ import annotations

import shlex
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Check:
    """``found`` is None where nothing could be said, for the reason in ``sentence``.

    ``measure`` says what the ``number`` is and ``threshold`` what would be wrong with it; ``source`` where the sign and, if it
    has one, the threshold are from. ``advice`` are options of ``ganzoo train`` that help, as they are typed: with the run's other
    settings, for a new run of its recipe or of ``recipe``; or, with ``resume``, for the run to go on.
    """

    name: str
    found: bool | None
    sentence: str
    measure: str = ""
    number: float | None = None
    threshold: str = ""
    source: str = ""
    advice: str = ""
    recipe: str = ""
    resume: bool = False

    def command(self, recipe: str, run: str) -> str:
        """What to type, for a run of ``recipe`` in the folder ``run``; empty without advice."""
        if self.resume:
            return f"ganzoo train --resume {shlex.quote(run)} {self.advice}"
        if not (self.advice or self.recipe):
            return ""
        config = shlex.quote(f"{run.rstrip('/')}/config.json")
        return f"ganzoo train {self.recipe or recipe} --config {config} {self.advice}".rstrip()
