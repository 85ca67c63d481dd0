"""The scores on a card: a table, and what all numbers have in common said once above it."""

from __future__ import annotations

from collections.abc import Sequence

from ganzoo.evaluation.scores import Score, show
from ganzoo.evaluation.tables import table


def score_section(scores: Sequence[Score]) -> str:
    """A section with all numbers and the protocol that each was taken under; nothing without numbers."""
    if not scores:
        return ""
    parts = [_protocol(score) for score in scores]
    common = [part for part in parts[0] if all(part in others for others in parts)]
    lines = [
        [
            score.name,
            show(score),
            "" if score.better == "neither" else score.better,
            "; ".join(part for part in own if part not in common),
        ]
        for score, own in zip(scores, parts, strict=True)
    ]
    return f"""
## Scores

Of this file, by `ganzoo eval`: {"; ".join(common)}. A number says something beside others of the same protocol only.

{table(["score", "value", "better", "protocol"], lines, form="markdown")}"""


def _protocol(score: Score) -> list[str]:
    p = score.protocol
    seeds = f", seeds {score.seeds[0]} to {score.seeds[1]}" if score.seeds else ""
    options = ", ".join(f"{key} {value}" for key, value in p.options.items())
    over = f"± is the {score.over}" if score.over else ""
    against = f"against {p.against}" if p.real else ""
    return [part for part in (f"{p.samples:,} samples{seeds}", against, p.seen_through, options, over) if part]
