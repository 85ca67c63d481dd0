"""Plots as drawings within a page: lines that take the colour of the page's text, sharp at every size."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TEXT = "#010203"  # no colour of a curve: stands for the colour of the page's text
STYLE: Any = {  # matplotlib types its keys in its newest versions only
    "svg.fonttype": "none",
    "svg.hashsalt": "ganzoo",  # the same plot is the same file
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": TEXT,
    "xtick.color": TEXT,
    "ytick.color": TEXT,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "font.family": "sans-serif",
    "font.size": 10,
    "lines.linewidth": 1.6,
    "figure.constrained_layout.use": True,
}


@contextmanager
def drawing(width: float, height: float) -> Iterator[Figure]:
    """An empty figure of this size in inches, drawn as pages are: to be filled within, and shown by ``plot``.

    No window and no global state of pyplot: it works without a display, and in several threads.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    with rc_context(STYLE):
        yield Figure(figsize=(width, height))


def plot(figure: Figure, caption: str) -> Markup:
    """A figure, in SVG, and what it shows."""
    from matplotlib import rc_context

    buffer = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    drawn = text[text.index("<svg") :].replace(TEXT, "currentColor")
    return Markup('<figure role="img" aria-label="{}">{}<figcaption>{}</figcaption></figure>').format(
        caption, Markup(drawn), caption
    )
