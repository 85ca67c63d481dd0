"""The ailments, one function each: from the history of a run to what it says about one of them.

Thresholds of which no paper speaks are ours, set where runs made to fail and healthy ones part (``tests/core/diagnosis``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ganzoo.config import TrainConfig
from ganzoo.diagnosis.check import Check
from ganzoo.diagnosis.course import divergence, oscillation, slow_convergence
from ganzoo.diagnosis.history import History
from ganzoo.diagnosis.pictures import mode_collapse
from ganzoo.diagnosis.players import overfitting, saturation, vanishing_gradient

RULES = (divergence, mode_collapse, vanishing_gradient, saturation, overfitting, oscillation, slow_convergence)


def diagnose(records: Sequence[Mapping[str, Any]], config: TrainConfig) -> list[Check]:
    """What is wrong with a run, from its log so far."""
    return [check for check in examine(records, config) if check.found]


def examine(records: Sequence[Mapping[str, Any]], config: TrainConfig) -> list[Check]:
    """Everything that the log of a run can tell, what is well included."""
    history = History(records, config)
    return [rule(history, config) for rule in RULES]
