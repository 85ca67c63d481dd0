"""``ganzoo scores``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from ganzoo.params import Setting


@click.command("scores")
@click.argument("files", nargs=-1, type=click.Path(exists=True, path_type=Path), metavar="FILE|RUN_DIR...")
@click.option("--metrics", help="Only these numbers: fid,kid,...")
@click.option(
    "--where",
    type=Setting(),
    multiple=True,
    help="Only scores of that protocol, for example samples=10000 or split=test.",
)
@click.option("--format", "form", type=click.Choice(["text", "markdown", "csv"]), default="text", show_default=True)
def command(
    files: tuple[Path, ...],
    metrics: str | None,
    where: tuple[tuple[str, Any], ...],
    form: Literal["text", "markdown", "csv"],
) -> None:
    """Put scores side by side: of files that 'ganzoo eval --json' wrote, and of runs (default: the newest run).

    \b
    ganzoo scores a.json b.json
    ganzoo scores runs/00001-dcgan-wgangp-digits runs/00002-mlp-ns-digits --metrics fid
    ganzoo scores runs/00001-dcgan-wgangp-digits --where samples=10000 --format csv

    Scores that were taken under unlike protocols are refused, with what differs.
    """
    from ganzoo.evaluation.keep import of_run
    from ganzoo.evaluation.scores import Evaluation, only, require_alike, rows
    from ganzoo.evaluation.tables import table
    from ganzoo.runs.folder import RunFolder, newest_run

    found: list[Evaluation] = []
    for path in files or (newest_run(),):
        read = of_run(RunFolder(path)) if path.is_dir() else [Evaluation.read(path)]
        taken = {(e.scored.name, e.scored.kimg) for e in found}
        found += [e.called(f"{e.scored.name} ({path})") if (e.scored.name, e.scored.kimg) in taken else e for e in read]
    names = [name.strip() for name in metrics.split(",")] if metrics else []
    found = only(found, names, dict(where))
    require_alike(found)
    click.echo(table(*rows(found), form=form), nl=False)
