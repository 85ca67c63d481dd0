"""What lessons are written in: text with formulas in it, and figures side by side."""

from __future__ import annotations

import math
import re

from markupsafe import Markup, escape

import ganzoo.pages

SERIF = "font-family: 'STIX Two Text', 'Cambria Math', Cambria, Georgia, serif; font-size: 1.08em"
# A symbol: one letter that is no part of a word, or dx, and the subscript behind it.
SYMBOL = re.compile(r"(?<![A-Za-z])([A-Za-zθ]|dx)(?:_(\w+))?(?![A-Za-z])")
MARKED = re.compile(r"(\$[^$]+\$|`[^`]+`|\[[^]]+\]\(https:[^)]+\))")
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def maths(text: str) -> Markup:
    """A formula of a line of text: letters are symbols, ``p_data`` has a subscript, and words such as log stay upright."""
    return Markup('<span style="{}">{}</span>').format(Markup(SERIF), Markup(SYMBOL.sub(_symbol, str(escape(text)))))


def paragraph(text: str) -> Markup:
    """Running text with ``$formulas$``, `` `what is typed` `` and ``[links](https://...)``, which nothing follows by itself."""
    parts = MARKED.split(text)
    return ganzoo.pages.paragraph(
        Markup().join(_marked(part) if place % 2 else escape(part) for place, part in enumerate(parts))
    )


def formula(*lines: str) -> Markup:
    """Formulas set apart, one a line."""
    shown = Markup("<br>").join(maths(line) for line in lines)
    return Markup('<p style="margin: 1rem 0 1rem 1.5rem; font-size: 1.08rem; line-height: 1.9">{}</p>').format(shown)


def row(*figures: Markup) -> Markup:
    """Figures side by side, as wide as there is room for, and one below the other on a telephone."""
    style = "display: grid; grid-template-columns: repeat(auto-fit, minmax(16rem, 1fr)); column-gap: 1.5rem"
    cells = Markup().join(Markup("<div>{}</div>").format(figure) for figure in figures)
    return Markup('<div style="{}">{}</div>').format(style, cells)


def power(number: float) -> str:
    """A small number as 3·10⁻⁸; 0 as it is."""
    if not number:
        return "0"
    exponent = math.floor(math.log10(abs(number)))
    digit = round(number / 10**exponent)
    if abs(digit) == 10:
        digit, exponent = digit // 10, exponent + 1
    return f"{digit}·10{str(exponent).translate(SUPERSCRIPT)}"


def _marked(part: str) -> Markup:
    if part.startswith("$"):
        return maths(part[1:-1])
    if part.startswith("`"):
        return Markup("<code>{}</code>").format(part[1:-1])
    text, _, address = part[1:-1].partition("](")
    return Markup('<a href="{}">{}</a>').format(address, text)


def _symbol(found: re.Match[str]) -> str:
    letter, below = found.groups()
    if below is None:
        return f"<i>{letter}</i>"
    below = f"<i>{below}</i>" if len(below) == 1 else below
    return f'<i>{letter}</i><sub style="line-height: 0">{below}</sub>'
