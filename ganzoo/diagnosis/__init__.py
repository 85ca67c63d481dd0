"""What ails a game: the failures that the literature names, told from the signs that a run logs. No torch, no plugins."""

from ganzoo.diagnosis.check import Check
from ganzoo.diagnosis.rules import diagnose, examine
from ganzoo.diagnosis.sign import LOGITS, SIGNS

__all__ = ["LOGITS", "SIGNS", "Check", "diagnose", "examine"]
