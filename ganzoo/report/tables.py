"""What a report says in numbers and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from markupsafe import Markup

from ganzoo import pages
from ganzoo.config import flatten
from ganzoo.data.identity import public_name
from ganzoo.diagnosis import SIGNS
from ganzoo.evaluation.interval import mean_and_interval, with_error
from ganzoo.report.group import Group

MANY = 4  # groups, from which on a page is too narrow for a column each

# Of the configuration, what says nothing about how a game is played.
ASIDE = (
    "recipe",
    "seed",
    "device",
    "data_dir",
    "sample_every",
    "sample_steps",
    "checkpoint_every",
    "keep_checkpoints",
    "scoring",
)


def about(groups: Sequence[Group]) -> Markup:
    """Data, budget, seeds and networks: each said once, where groups have it in common."""
    seeds = sorted({resolved.config.seed for group in groups for resolved, _ in group.read})
    told = f"{'Seeds' if len(seeds) > 1 else 'Seed'} {', '.join(map(str, seeds))}."
    unfinished = [text for group in groups for text in group.unfinished]
    lines = [*_of_whom(groups, _data), *_of_whom(groups, _budget), told, *_of_whom(groups, _networks)]
    return pages.paragraph(*lines, *(["Not finished: " + "; ".join(unfinished) + "."] if unfinished else []))


def _of_whom(groups: Sequence[Group], tell: Callable[[Group], str]) -> list[str]:
    found: dict[str, list[str]] = {}
    for group in groups:
        found.setdefault(tell(group), []).append(group.label)
    return list(found) if len(found) == 1 else [f"{', '.join(labels)}: {text}" for text, labels in found.items()]


def _data(group: Group) -> str:
    return f"{public_name(group.config.dataset)}: {group.facts.size}."


def _budget(group: Group) -> str:
    config = group.config
    return f"Budget: {config.steps:,} generator updates." if config.steps else f"Budget: {config.kimg:g} kimg."


def _networks(group: Group) -> str:
    options = ", ".join(f"{key} {value}" for key, value in group.config.arch.items())
    config = group.config
    return f"Networks: {config.architecture} ({options}), z {config.z_dim} {config.z_distribution}."


def summary(groups: Sequence[Group], scores: Sequence[str], better: Mapping[str, str]) -> Markup:
    """How well each group does in the end, what it costs, and what was found. ``better`` by score.

    A column for each group, or of many a row.
    """
    rows = {f"{name} ({better[name]} is better)" if better[name] != "neither" else name: name for name in scores}
    rows |= {SIGNS[name]: name for name in ("pixel_reach", "pixel_coverage", "pixel_diversity")}
    body = [[told, *(_mean(group.last(name)) for group in groups)] for told, name in rows.items()]
    paces = [group.typical("ms_per_step") for group in groups]
    body.append(["ms a generator update", *("-" if pace is None else f"{pace:.3g}" for pace in paces)])
    for told, name in (("generator updates", "g_steps"), ("real images shown", "nimg")):
        body.append([told, *(_span([run[-1][name] for run in group.records if run]) for group in groups)])
    body.append(["trainings", *(f"{len(group.runs)}" for group in groups)])
    body.append(["found", *(_names(group) for group in groups)])
    lines = [[_moment(groups), *(group.label for group in groups)], *body]
    if len(groups) > MANY:
        lines = [list(column) for column in zip(*lines, strict=True)]
    return pages.table(lines[0], lines[1:])


def _moment(groups: Sequence[Group]) -> str:
    return "so far" if any(group.unfinished for group in groups) else "at the end"


def _mean(values: Sequence[float]) -> str:
    return with_error(*mean_and_interval(values)) if values else "-"


def _span(values: Sequence[int]) -> str:
    least, most = min(values), max(values)
    return f"{most:,}" if least == most else f"{least:,} to {most:,}"


def _names(group: Group) -> str:
    found = [check.name for checks in group.checks for check in checks if check.found]
    many = len(group.runs) > 1
    told = [f"{name}, {found.count(name)} of {len(group.runs)}" if many else name for name in dict.fromkeys(found)]
    return Markup("<br>").join(told) or "nothing"


def diagnosis(groups: Sequence[Group]) -> list[Markup]:
    """What was found in each run, and what to try."""
    parts = []
    for group in groups:
        body = []
        for (resolved, _), run, checks in zip(group.read, group.runs, group.checks, strict=True):
            for check in filter(lambda check: check.found, checks):
                number = "-" if check.number is None else f"{check.number:.3g}"
                command = check.command(resolved.config.recipe, _from_here(run.path))
                advice = Markup("<br>Try: <code>{}</code>").format(command) if command else Markup()
                told = [f"{check.name}, seed {resolved.config.seed}", number, check.threshold]
                body.append([*told, Markup("{}{}").format(check.sentence, advice)])
        name = Markup("<b>{}</b>").format(group.label)
        earlier = [
            f"{check}, seed {resolved.config.seed}, from {kimg:g} kimg"
            for (resolved, _), found in zip(group.read, group.earlier, strict=True)
            for check, kimg in found.items()
        ]
        if body:
            parts += [pages.paragraph(name), pages.table(["found", "number", "wrong is", "meaning"], body, prose=True)]
        else:
            parts.append(pages.paragraph(Markup("{}: nothing was found.").format(name)))
        if earlier:
            parts.append(pages.paragraph(f"Found while it went on, and gone by now: {'; '.join(earlier)}."))
        known = {check.name for checks in group.checks for check in checks if check.found is not None}
        untold = dict.fromkeys(check.name for check in group.checks[0] if check.name not in known)
        if untold:
            parts.append(
                pages.paragraph(f"Nothing can be said of {', '.join(untold)}: see 'ganzoo doctor RUN' for why.")
            )
    return [*parts, pages.paragraph("'ganzoo doctor RUN' also looks for memorisation and missing classes.")]


def _from_here(path: Path) -> str:
    """The path as it is typed here; of one elsewhere only the name, as strangers will read it."""
    whole, here = path.resolve(), Path.cwd().resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else path.name


def differences(groups: Sequence[Group]) -> Markup:
    """All settings that groups do not have in common."""
    flat = [_flat(group) for group in groups]
    keys = dict.fromkeys(key for each in flat for key in each)
    body = [[key, *(each.get(key, "-") for each in flat)] for key in keys]
    body = [line for line in body if len(set(line[1:])) > 1]
    if not body:
        return pages.paragraph("Nothing but the seed.")
    return pages.table(["setting", *(group.label for group in groups)], body)


def _flat(group: Group) -> dict[str, str]:
    dumped = group.config.model_dump(mode="json") | {"dataset": public_name(group.config.dataset)}
    flat = flatten({key: value for key, value in dumped.items() if key not in ASIDE})
    return {key: str(value) for key, value in flat.items() if value is not None and value != {}}


def settings(groups: Sequence[Group]) -> Markup:
    """All settings of all groups, for who asks for them."""
    parts = []
    for group in groups:
        rows = [(key, value) for key, value, _ in group.read[0][0].rows() if key != "data_dir"]
        text = "\n".join(f"{key} = {public_name(value) if key == 'dataset' else value}" for key, value in rows)
        parts += [pages.paragraph(Markup("<b>{}</b>").format(group.label)), pages.code(text)]
    return pages.details("Every setting", *parts)
