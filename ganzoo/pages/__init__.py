"""Pages that a command leaves behind: one HTML file each, which works from disk and asks nothing of the network."""

from ganzoo.pages.page import cards, code, details, heading, legend, page, paragraph, picture, row, table
from ganzoo.pages.plot import drawing, plot

__all__ = [
    "cards",
    "code",
    "details",
    "drawing",
    "heading",
    "legend",
    "page",
    "paragraph",
    "picture",
    "plot",
    "row",
    "table",
]
