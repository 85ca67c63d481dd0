"""``ganzoo report``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("report")
@click.argument("runs", nargs=-1, type=click.Path(file_okay=False, path_type=Path), metavar="[RUN]...")
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to write it.  [default: RUN/report.html]",
)
def command(runs: tuple[Path, ...], out: Path | None) -> None:
    """Write one page about RUN (default: the newest run), or about several side by side.

    Curves of losses, scores and signs, samples with a slider, a diagnosis, and every setting: one HTML file that works from
    disk. 'ganzoo compare' trains what it compares; this takes runs as they are.

    \b
    ganzoo report
    ganzoo report runs/00001-dcgan-wgangp-digits
    ganzoo report runs/00001-dcgan-ns-mnist runs/00002-dcgan-hinge-mnist -o both.html
    """
    from ganzoo.registry import get_registry
    from ganzoo.report import Group, write_report
    from ganzoo.runs.folder import RunFolder, newest_run

    folders = [RunFolder(run) for run in runs or (newest_run(),)]
    if len(folders) > 1 and out is None:
        raise click.UsageError("Of several runs, say where the page is to go: '-o FILE'.")
    path = out or folders[0].path / "report.html"
    names = [folder.path.resolve().name for folder in folders]
    labels = names if len(set(names)) == len(names) else [str(folder.path) for folder in folders]
    groups = [Group(label, [folder]) for label, folder in zip(labels, folders, strict=True)]
    write_report(path, ", ".join(labels), groups, get_registry())
    click.echo(str(path))
