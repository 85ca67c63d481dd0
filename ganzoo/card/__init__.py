"""Model cards: a folder in the layout of a Hugging Face model repository, ready to be looked at, served or uploaded."""

from ganzoo.card.folder import scores_of, write_card
from ganzoo.card.text import card_text

__all__ = ["card_text", "scores_of", "write_card"]
