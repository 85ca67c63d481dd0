"""Training: the game, the run folder it is played in, and everything that lets it stop and go on."""

from ganzoo.training.estimate import Estimate, estimate, prepare
from ganzoo.training.train import Outcome, resume, start

__all__ = ["Estimate", "Outcome", "estimate", "prepare", "resume", "start"]
