"""Training: the game, the run folder it is played in, and everything that lets it stop and go on."""

from ganzoo.training.estimate import Plan, plan, prepare
from ganzoo.training.train import Outcome, resume, start

__all__ = ["Outcome", "Plan", "plan", "prepare", "resume", "start"]
