"""``ganzoo compare``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.params import MetricList, Seeds, Setting, Trainings, by_name

if TYPE_CHECKING:
    from ganzoo.bench.compare import Plan

SHARES = (0, 10, 50, 100)  # per cent of the budget at which to look, unless told


@click.command("compare")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--dataset", required=True, metavar="NAME", help="A data set's name, or folder:PATH and the like.")
@click.option(
    "--steps", type=click.IntRange(1), required=True, metavar="N", help="Budget of each, in generator updates."
)
@click.option(
    "--seeds", type=Trainings(), default="1", show_default=True, help="How many trainings, or their seeds: 5,7 or 0-4."
)
@click.option(
    "--at",
    type=Seeds(),
    metavar="STEPS",
    help="Updates at which to score and to draw: 0,1000,5000.  [default: 0, 10, 50 and 100 % of the budget]",
)
@click.option(
    "--metrics",
    type=MetricList(),
    multiple=True,
    callback=by_name,
    help="Names as of 'ganzoo eval'.  [default: the data set's, or fid]",
)
@click.option("--features", metavar="NAME", help="As of 'ganzoo eval'.")
@click.option(
    "--samples", type=click.IntRange(2, 10_000_000), default=10_000, show_default=True, help="Images to score."
)
@click.option("--set", "settings", type=Setting(), multiple=True, help="A setting of all of them.")
@click.option(
    "--own-networks", is_flag=True, help="Compare recipes as they are, with networks and batches of their own."
)
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with data files.")
@click.option("--device", metavar="D", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("compare"),
    show_default=True,
    help="Folder for the runs and the page.",
)
@click.pass_context
def command(
    ctx: click.Context,
    /,
    names: tuple[str, ...],
    seeds: list[int],
    at: list[int] | None,
    metrics: dict[str, dict[str, Any]],
    settings: tuple[tuple[str, Any], ...],
    data_dir: Path | None,
    device: str,
    out: Path,
    steps: int,
    **plan: Any,
) -> None:
    """Train several objectives on the same networks, data, seeds and budget, and write one page.

    NAME is ARCHITECTURE-LOSS, with the loss's own training settings, and regularizers laid upon it: NAME+REGULARIZER, with
    options as in r1:gamma=1. What does not belong to the objective is alike: networks, batches, latents, and the order of the
    data. (A pair stands for itself here, also where a tuned recipe has its name.)

    \b
    ganzoo compare dcgan-ns dcgan-wgan dcgan-wgangp --dataset mnist --steps 10000 --at 0,1000,5000,10000
    ganzoo compare toy-mm toy-ns toy-ns+packing toy-rpgan+r1+r2 --dataset ring8 --steps 4000 --seeds 3
    ganzoo compare quick dcgan-wgangp --dataset digits --steps 500 --own-networks

    The folder then holds report.html and every run. Stopped, the same command goes on.
    """
    from ganzoo.bench.compare import Comparison, Plan
    from ganzoo.data.identity import public_name
    from ganzoo.evaluation.watch import Watch
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry
    from ganzoo.report import Group, write_report
    from ganzoo.training.interrupts import terminable

    if any(options for options in metrics.values()):
        raise click.UsageError("Metrics have no options here: name them alone.")
    asked = Plan.of(
        entries=tuple(dict.fromkeys(names)),
        seeds=tuple(seeds),
        at=tuple(at) if at else tuple(steps * share // 100 for share in SHARES),
        metrics=tuple(metrics),
        settings=dict(settings),
        steps=steps,
        **plan,
    )
    registry = get_registry()
    comparison = Comparison(out, asked, registry, data_dir=data_dir, device=device)
    comparison.rehearse()
    comparison.open()
    page, plan_now = out / "report.html", comparison.plan
    title = f"{', '.join(plan_now.entries)} on {public_name(plan_now.dataset)}"

    def write() -> None:
        begun = {text: [run for run in runs if run.stats()] for text, runs in comparison.runs().items()}
        groups = [Group(text, runs) for text, runs in begun.items() if runs]
        if groups:
            write_report(page, title, groups, registry, again=_again(plan_now))

    told = False
    with terminable():
        for done in comparison.play(Stages(), lambda: Watch(registry)):
            write()  # after each, so that a stop leaves a page
            told = True
            if isinstance(done, int):
                click.echo("Stopped; the same command goes on.", err=True)
                ctx.exit(128 + done)
        if not told:  # all of it was there already
            write()
    click.echo(str(page))


def _again(plan: Plan) -> str:
    import json
    import shlex

    from ganzoo.data.identity import public_name

    seeds = ",".join(map(str, plan.seeds)) + ("," if len(plan.seeds) == 1 else "")
    words = ["ganzoo", "compare", *plan.entries, "--dataset", public_name(plan.dataset), "--steps", str(plan.steps)]
    words += ["--seeds", seeds, "--at", ",".join(map(str, plan.at))]
    words += ["--metrics", ",".join(plan.metrics)] if plan.metrics else []
    words += ["--features", plan.features] if plan.features else []
    words += ["--samples", str(plan.samples)] if plan.samples != 10_000 else []
    for key, value in plan.settings.items():
        words += ["--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}"]
    words += ["--own-networks"] if plan.own_networks else []
    return shlex.join(words)
