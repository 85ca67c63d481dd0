"""What ails a game: the failures that the literature names, told from the signs that a run logs. No torch, no plugins."""

from ganzoo.diagnosis.check import Check
from ganzoo.diagnosis.rules import diagnose, examine

__all__ = ["Check", "diagnose", "examine"]
