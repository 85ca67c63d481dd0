"""The scores on a card: a table, and what all numbers have in common said once above it."""

from __future__ import annotations

from collections.abc import Sequence

from ganzoo.evaluation.scores import Score, show
from ganzoo.evaluation.tables import table

HEADER = ("score", "value", "better", "real images", "features", "options")


def score_section(scores: Sequence[Score]) -> str:
    """A section with all numbers and the protocol that each was taken under; nothing without numbers."""
    if not scores:
        return ""
    drawn = [_drawn(score) for score in scores]
    common = [part for part in drawn[0] if all(part in others for others in drawn)]
    rows = [_row(score, [part for part in own if part not in common]) for score, own in zip(scores, drawn, strict=True)]
    return f"""
## Scores

Of this file, by `ganzoo eval`: {"; ".join(common)}.
A number says something beside others of the same protocol only.

{table(HEADER, rows, form="markdown")}"""


def _drawn(score: Score) -> list[str]:
    """What is usually alike for all scores of a file."""
    p = score.protocol
    seeds = f", seeds {score.seeds[0]} to {score.seeds[1]}" if score.seeds else ""
    against = f"against {p.dataset} at {'x'.join(map(str, p.image))}"
    return [f"{p.samples:,} samples{seeds}", against, *([f"± is the {score.over}"] if score.over else [])]


def _row(score: Score, more: Sequence[str]) -> list[str]:
    p = score.protocol
    return [
        score.name,
        show(score),
        "" if score.better == "neither" else score.better,
        ", ".join(f"{split} ({found.images:,})" for split, found in sorted(p.real.items(), reverse=True)),
        f"{p.features} {(p.features_sha256 or '')[:12]}" if p.features else "",
        "; ".join([*(f"{key} {value}" for key, value in p.options.items()), *more]),
    ]
