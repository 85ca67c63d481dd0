"""The page, from top to bottom."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ganzoo import pages
from ganzoo.diagnosis import SIGNS
from ganzoo.files import write_whole
from ganzoo.registry import Registry
from ganzoo.report.curves import losses, together
from ganzoo.report.group import Group
from ganzoo.report.samples import samples
from ganzoo.report.tables import about, diagnosis, differences, settings, summary

MEANING = (
    "How the game goes, on 256 fixed images: how much of the data generated images reach, how near they are and how much they "
    "differ from each other, what the discriminator says of both, and what each player has left to learn."
)


def write_report(path: Path, title: str, groups: Sequence[Group], registry: Registry, *, again: str = "") -> None:
    """Write the page of ``groups``; ``again`` is the command that makes it. Raises RunError for runs that logged nothing."""
    parts = [about(groups)]
    better = {number: word for metric in registry.metrics for number, word in metric.gives.items()}
    scores = sorted({name for group in groups for name in group.names()} & better.keys())
    parts.append(summary(groups, scores, better))
    if any(len(group.runs) > 1 for group in groups):
        interval = "± is Student's 95 % interval of the mean over the seeds; bands are from the least to the largest."
        parts.append(pages.paragraph(interval))
    sections = {
        "Scores": [together(groups, {name: name for name in scores}, "Of the exported generator while it learns.")],
        "Samples": [samples(groups)],
        "Losses": [losses(groups)],
        "Signs": [together(groups, SIGNS, MEANING)],
        "Diagnosis": diagnosis(groups),
        "What differs": [differences(groups)] if len(groups) > 1 else [],
    }
    for name, drawn in sections.items():
        if any(drawn):
            parts += [pages.heading(name), *drawn]
    parts.append(settings(groups))
    if again:
        parts += [pages.heading("Again"), pages.code(again)]
    write_whole(path, pages.page(title, *parts))
