"""``ganzoo bench zoo``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ganzoo.params import MetricList, NameWithOptions, Setting, Trainings, by_name


@click.command("zoo")
@click.argument("recipes", nargs=-1, required=True, metavar="RECIPE...")
@click.option("--dataset", required=True, metavar="NAME", help="A data set's name, or folder:PATH and the like.")
@click.option(
    "--kimg",
    type=float,
    metavar="F",
    help="Budget of each training, in kimg.  [default: each recipe's]",
)
@click.option("--steps", type=int, metavar="N", help="Budget in generator updates, instead of --kimg.")
@click.option(
    "--seeds", type=Trainings(), default="3", show_default=True, help="How many trainings, or their seeds: 5,7 or 0-4."
)
@click.option("--metrics", type=MetricList(), multiple=True, callback=by_name, help="As of 'ganzoo eval'.")
@click.option("--features", type=NameWithOptions(), help="As of 'ganzoo eval'.")
@click.option(
    "--samples", type=click.IntRange(2, 10_000_000), default=10_000, show_default=True, help="Images to score."
)
@click.option("--split", type=click.Choice(["train", "test"]), default="train", show_default=True)
@click.option("--set", "settings", type=Setting(), multiple=True, help="A setting of every training.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with data files.")
@click.option("--device", metavar="D", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("bench"),
    show_default=True,
    help="Folder for the runs and the table.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    recipes: tuple[str, ...],
    kimg: float | None,
    steps: int | None,
    seeds: list[int],
    settings: tuple[tuple[str, Any], ...],
    data_dir: Path | None,
    device: str,
    out: Path,
    **plan: Any,
) -> None:
    """Train, export and score each RECIPE with one budget over several seeds, and write one table.

    \b
    ganzoo bench zoo dcgan-wgangp dcgan-ns mlp-ns --dataset mnist --kimg 200
    ganzoo bench zoo dcgan-wgangp dcgan-hinge --dataset digits --steps 500 --seeds 5 --metrics fid,kid --out digits

    The folder then holds table.md, table.csv, report.html and every run. Stopped, the same command goes on.
    """
    from ganzoo.bench.report import write_report
    from ganzoo.bench.zoo import Experiment, Plan, Row
    from ganzoo.evaluation.scores import require_alike
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry

    if kimg is not None and steps is not None:
        raise click.UsageError("Give the budget by --kimg or by --steps, not by both.")
    experiment = Experiment(
        out,
        Plan.of(
            recipes=tuple(dict.fromkeys(recipes)),
            seeds=tuple(seeds),
            kimg=kimg,
            steps=steps,
            settings=dict(settings),
            **plan,
        ),
        data_dir=data_dir,
        device=device,
    )
    registry = get_registry()
    experiment.resolve_all(registry)
    experiment.open()
    rows: list[Row] = []
    for found in experiment.play(registry, Stages()):
        if not isinstance(found, Row):
            click.echo("Stopped; the same command goes on.", err=True)
            ctx.exit(128 + found)
        rows.append(found)
        require_alike([evaluation for row in rows for evaluation in row.evaluations])
        paths = write_report(out, experiment.plan, rows, registry)  # after each, so that a stop leaves a table
    click.echo((out / "table.md").read_text(encoding="utf-8"), nl=False)
    click.echo(f"Wrote {', '.join(str(path) for path in paths)}", err=True)
