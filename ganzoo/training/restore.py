"""Going back to a checkpoint: of a run that goes on, and of a game that diverged."""

from __future__ import annotations

from pathlib import Path

from ganzoo import ranks, torchrun
from ganzoo.errors import Diverged, RunError
from ganzoo.runs.checkpoint import newest_checkpoint
from ganzoo.runs.folder import RunFolder
from ganzoo.training.journal import Journal
from ganzoo.training.state import TrainingState


def take_up(state: TrainingState, run: RunFolder) -> Path:
    """Load the newest good checkpoint, the same in all processes. Gives its path."""
    path, tensors, counters = newest_checkpoint(run.checkpoints, ranks.say)
    if ranks.told_by_first(path.name) != path.name:
        raise RunError(f"Process {torchrun.number()} sees other checkpoints in {run.path} than process 0 does.")
    state.load(tensors, counters)
    return path


def take_back(state: TrainingState, run: RunFolder, journal: Journal, error: Diverged) -> None:
    """Go back to the newest good checkpoint, with other random numbers and a lower rate. Raises ``error`` if not (any more)."""
    count = state.rollbacks + 1
    if count > state.config.rollback.times:
        raise error
    path = take_up(state, run)
    state.rollbacks = count  # the checkpoint knows of fewer; twice from the same one is not the same twice
    state.draw_anew()
    problem = str(error).splitlines()[0]
    ranks.say(
        f"{problem}\nGoing on from {path.name} with other random numbers and {state.lr_scale:g} times the learning rates "
        f"(rollback {state.rollbacks} of {state.config.rollback.times})."
    )
    if ranks.first():
        run.rewind(state.nimg)
        journal.reread()
    journal.note("rolled_back", problem)
