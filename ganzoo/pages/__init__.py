"""Pages that a command leaves behind: one HTML file each, which works from disk and asks nothing of the network."""

from ganzoo.pages.page import cards, code, details, heading, page, paragraph, picture, table
from ganzoo.pages.plot import drawing, plot

__all__ = ["cards", "code", "details", "drawing", "heading", "page", "paragraph", "picture", "plot", "table"]
