"""Training: the game, the run folder it is played in, and everything that lets it stop and go on."""

from ganzoo.training.train import Estimate, Outcome, estimate, prepare, resume, start

__all__ = ["Estimate", "Outcome", "estimate", "prepare", "resume", "start"]
