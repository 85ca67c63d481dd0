"""A table as text, Markdown or CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Literal


def table(header: Sequence[str], body: Sequence[Sequence[str]], *, form: Literal["text", "markdown", "csv"]) -> str:
    """The table, ending in a newline."""
    if form == "csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows([header, *body])
        return buffer.getvalue()
    if form == "markdown":
        lines = [header, ["---"] * len(header), *body]
        return "".join("| " + " | ".join(cell(text) for text in line) + " |\n" for line in lines)
    widths = [max(len(line[column]) for line in (header, *body)) for column in range(len(header))]
    return "".join(
        "  ".join(f"{text:{width}}" for text, width in zip(line, widths, strict=True)).rstrip() + "\n"
        for line in (header, *body)
    )


def cell(text: str) -> str:
    """Text that stays within its cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")
