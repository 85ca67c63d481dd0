"""The table of an experiment, as Markdown, CSV and a page that works from disk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ganzoo import pages
from ganzoo.bench.zoo import Plan, Row
from ganzoo.data.identity import public_name
from ganzoo.evaluation.interval import mean_and_interval
from ganzoo.evaluation.scores import Score, described, show
from ganzoo.evaluation.tables import table
from ganzoo.registry import Registry


def over_seeds(scores: Sequence[Score]) -> Score:
    """One score of those of several trainings: their mean and, of more than one, Student's 95 % interval."""
    first = scores[0]
    if len(scores) == 1:
        return first
    mean, half = mean_and_interval([score.value for score in scores])
    return first.model_copy(
        update={"value": mean, "error": half, "over": f"95 % interval over {len(scores)} trainings"}
    )


def columns(rows: Sequence[Row], registry: Registry) -> tuple[list[str], list[list[str]]]:
    """Header and body: a row for each recipe, a column for each number, and its paper's beside it where protocols agree."""
    names = list(dict.fromkeys(score.name for row in rows for e in row.evaluations for score in e.scores))
    found = [
        {
            name: over_seeds([score for e in row.evaluations for score in e.scores if score.name == name])
            for name in names
            if any(score.name == name for e in row.evaluations for score in e.scores)
        }
        for row in rows
    ]
    papers = [_published(row.recipe, scores, registry) for row, scores in zip(rows, found, strict=True)]
    with_paper = [name for name in names if any(name in paper for paper in papers)]
    header = ["recipe", "trainings"]
    for name in names:
        header += [name, f"{name} (published)"] if name in with_paper else [name]
    body = []
    for row, scores, paper in zip(rows, found, papers, strict=True):
        cells = [row.recipe, f"{len(row.evaluations)}" + (f", {len(row.problems)} diverged" if row.problems else "")]
        for name in names:
            cells.append(show(scores[name]) if name in scores else "-")
            if name in with_paper:
                cells.append(paper.get(name, "-"))
        body.append(cells)
    return header, body


def _published(recipe: str, scores: dict[str, Score], registry: Registry) -> dict[str, str]:
    if recipe not in registry.recipes:
        return {}
    return {
        published.name: f"{published.value:g}" + (f" ± {published.error:g}" if published.error else "")
        for published in registry.recipes.get(recipe).published
        if published.name in scores
        and scores[published.name].protocol.matches(json.loads(json.dumps(dict(published.where))))
    }


def write_report(folder: Path, plan: Plan, rows: Sequence[Row], registry: Registry) -> list[Path]:
    """Write ``table.md``, ``table.csv`` and ``report.html``; returns their paths."""
    header, body = columns(rows, registry)
    about = _about(plan, rows)
    texts = {
        "table.md": "\n".join(about) + "\n\n" + table(header, body, form="markdown") + _problems(rows),
        "table.csv": table(header, body, form="csv"),
        "report.html": _page(about, header, body, rows),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in texts]


def _about(plan: Plan, rows: Sequence[Row]) -> list[str]:
    budget = (
        f"{plan.kimg:g} kimg" if plan.kimg is not None else f"{plan.steps} steps" if plan.steps else "its own budget"
    )
    lines = [f"Each recipe with {budget} of {public_name(plan.dataset)}, over seeds {', '.join(map(str, plan.seeds))}."]
    scores = [score for row in rows for e in row.evaluations for score in e.scores]
    if scores:
        p = scores[0].protocol
        lines.append(f"{p.samples:,} images of the exported file against {described(p, scores)}.")
    if len(plan.seeds) > 1:
        lines.append("± is the 95 % interval of the mean over the trainings (Student).")
    return lines


def _problems(rows: Sequence[Row]) -> str:
    lines = [f"- {row.recipe}, {problem}" for row in rows for problem in row.problems]
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def _page(about: Sequence[str], header: Sequence[str], body: Sequence[Sequence[str]], rows: Sequence[Row]) -> str:
    parts = [pages.paragraph(*about), pages.table(header, body)]
    for row in rows:
        parts += [pages.heading(row.recipe), *map(pages.paragraph, row.problems)]
        parts.append(pages.cards(*(pages.picture(path.read_bytes(), _caption(path)) for path in row.pictures)))
    return pages.page("Recipes compared", *parts)


def _caption(path: Path) -> str:
    return f"{path.parent.parent.name}, {path.stem}"
