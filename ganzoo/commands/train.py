"""``ganzoo train``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.params import NameWithOptions, Resolution, Setting

if TYPE_CHECKING:
    from ganzoo.config import Resolved


@click.command("train")
@click.argument("recipe", required=False)
@click.option(
    "--dataset",
    metavar="NAME",
    help="A data set's name, or folder:PATH, zip:PATH, tar:PATH, npz:PATH, packed:PATH.  [default: digits]",
)
@click.option(
    "--resolution", type=Resolution(), help="Pixels: 64, or 64x32 (height x width).  [default: the data set's]"
)
@click.option("--conditional", is_flag=True, default=None, help="Learn the classes, so that they can be asked for.")
@click.option("--kimg", type=float, metavar="F", help="Budget: thousands of real images shown to the discriminator.")
@click.option("--steps", type=int, metavar="N", help="Budget in generator updates, instead of --kimg.")
@click.option("--batch-size", type=int, metavar="N", help="Images in a batch.")
@click.option("--seed", type=int, metavar="N", help="Of weights, data order and latents.  [default: 0]")
@click.option("--precision", metavar="P", help="fp32, tf32, bf16, or auto: the quickest here.  [default: fp32]")
@click.option("--device", metavar="D", help="auto, cpu, cuda or cuda:N.  [default: auto]")
@click.option(
    "--regularizer", "regularizers", type=NameWithOptions(), multiple=True, help="Add one; 'none' takes all away."
)
@click.option("--augment", "augmentations", type=NameWithOptions(), multiple=True, help="Augment what D sees.")
@click.option("--set", "settings", type=Setting(), multiple=True, help="Any setting by its dotted key (see --dry-run).")
@click.option(
    "--config", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Settings: .toml or .json."
)
@click.option("--data-dir", metavar="DIR", help="Folder with data files.  [default: $GANZOO_DATA]")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="RUN_DIR",
    help="Run folder; needed under torchrun.  [default: runs/NNNNN-NAME]",
)
@click.option(
    "--eval-every",
    type=float,
    metavar="KIMG",
    help="Score it so often (FID; --set scoring.*) and keep the best.",
)
@click.option(
    "--stop-when",
    "stops",
    type=NameWithOptions(),
    multiple=True,
    metavar="RULE[:option=value,...]",
    help="Stop before the budget is used up: fid-plateau, wasserstein-plateau.",
)
@click.option(
    "--animate",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="At the end, the sample grids as a film: .gif or .webp.",
)
@click.option("--checkpoint-every", type=float, metavar="KIMG", help="Thousands of images between checkpoints.")
@click.option(
    "--resume",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="RUN_DIR",
    help="Go on with a run that was stopped.",
)
@click.option("--dry-run", is_flag=True, help="Print every setting and its origin, sizes and time; train nothing.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    recipe: str | None,
    regularizers: tuple[tuple[str, dict[str, Any]], ...],
    augmentations: tuple[tuple[str, dict[str, Any]], ...],
    settings: tuple[tuple[str, Any], ...],
    file: Path | None,
    out: Path | None,
    resume: Path | None,
    dry_run: bool,
    eval_every: float | None,
    stops: tuple[tuple[str, dict[str, Any]], ...],
    animate: Path | None,
    **options: Any,
) -> None:
    """Train RECIPE: a recipe's name, or any ARCHITECTURE-LOSS ('ganzoo list').

    \b
    ganzoo train dcgan-wgangp
    ganzoo train dcgan-hinge --conditional --dataset fashion-mnist --kimg 500
    ganzoo train mlp-ns --dataset folder:photos --resolution 32 --regularizer r1:gamma=1
    ganzoo train dcgan-ns --dataset folder:portraits --resolution 64x32
    ganzoo train dcgan-wgangp --dataset mnist --eval-every 50 --set scoring.metrics='["fid", "kid"]'
    ganzoo train dcgan-ns --dataset mnist --eval-every 50 --stop-when fid-plateau:patience_kimg=200
    ganzoo train toy-ns --dataset ring8 --regularizer packing --animate ring8.gif
    ganzoo train --resume runs/00001-dcgan-wgangp-digits --kimg 1000
    torchrun --nproc-per-node 2 -m ganzoo train dcgan-wgangp --dataset mnist --out RUN_DIR

    The last line on stdout is the run folder.
    """
    from ganzoo.config import Layer, read_settings, resolve
    from ganzoo.registry import get_registry

    given = {key: value for key, value in options.items() if value is not None}
    if animate:
        from ganzoo.runs.film import require_film

        require_film(animate)  # whatever stands in its way is better known before the work than after it
    if options["kimg"] is not None and options["steps"] is not None:
        raise click.UsageError("Give the budget by --kimg or by --steps, not by both.")
    if resume is not None:
        others = [
            recipe,
            regularizers,
            augmentations,
            settings,
            file,
            out,
            dry_run or None,
            eval_every,
            stops,
            *set(given) - {"kimg", "steps"},
        ]
        if any(others):
            raise click.UsageError(
                "A resumed run keeps its settings: only --kimg, --steps or --animate may go with --resume."
            )
        from ganzoo.evaluation.watch import Watch
        from ganzoo.training import resume as go_on
        from ganzoo.training.interrupts import terminable

        registry = get_registry()
        with terminable():
            outcome = go_on(resume, registry, kimg=options["kimg"], steps=options["steps"], scorer=Watch(registry))
        return _finish(ctx, outcome, animate)
    if recipe is None:
        raise click.UsageError("Which recipe? For example 'ganzoo train dcgan-wgangp'; see 'ganzoo list'.")

    line: dict[str, Any] = dict(given)
    if eval_every is not None:
        line["scoring.every"] = eval_every
    line |= _by_name("regularizers", regularizers) | _by_name("augmentations", augmentations)
    line |= _by_name("stop_when", stops) | dict(settings)
    layers = [Layer("command line", line)]
    if file:
        layers.insert(0, Layer(str(file), read_settings(file)))
    resolved = resolve(recipe, get_registry(), layers)
    if animate and resolved.origins.get("sample_every") not in ("command line", str(file)):
        from ganzoo.training.preview import often_enough

        often = Layer("--animate", {"sample_every": often_enough(resolved.config)})
        resolved = resolve(recipe, get_registry(), [*layers, often])
    if dry_run:
        return _dry_run(resolved)

    from ganzoo import torchrun
    from ganzoo.evaluation.watch import Watch
    from ganzoo.runs.folder import new_run
    from ganzoo.training import start
    from ganzoo.training.interrupts import terminable

    if out is None and torchrun.started():
        raise click.UsageError(
            "Under torchrun name the folder by --out: all processes, and those started again, go there."
        )
    name = f"{recipe}-{resolved.config.dataset.partition(':')[0]}"
    with terminable(), nullcontext(out) if out else new_run(name) as folder:
        outcome = start(resolved, get_registry(), folder, scorer=Watch(get_registry()))
    return _finish(ctx, outcome, animate)


def _by_name(table: str, given: tuple[tuple[str, dict[str, Any]], ...]) -> dict[str, Any]:
    """Settings of ``table`` from repeated options; ``none`` empties the table before what follows."""
    settings: dict[str, Any] = {}
    for name, options in given:
        if name == "none":
            settings = {table: None}
        else:
            settings |= {f"{table}.{name}": {}} | {f"{table}.{name}.{key}": value for key, value in options.items()}
    return settings


def _dry_run(resolved: Resolved) -> None:
    from ganzoo.errors import DataError
    from ganzoo.registry import get_registry
    from ganzoo.training import plan
    from ganzoo.training.progress import duration

    try:
        planned = plan(resolved, get_registry())
    except DataError:
        _show(resolved)  # what is known without the data
        raise
    _show(planned.resolved)
    facts = planned.facts
    kind = f"{len(facts.class_names)} classes" if facts.class_names else "no classes"
    click.echo(f"\nData: {facts.size}, {kind}.")
    if planned.setup.lost:
        click.echo(f"      {planned.setup.lost}")
    weights = f"generator {planned.generator_parameters:,}, discriminator {planned.discriminator_parameters:,}"
    click.echo(f"Parameters: {weights}.")
    if planned.growth:
        click.echo(f"Growth: {planned.growth}")
    # Last, since iterations of a large recipe take minutes on a small machine: whoever has seen enough can stop here.
    seconds, images_per_s = planned.pace()
    click.echo(f"Time: about {duration(seconds)} at {images_per_s:.0f} images/s, measured here just now.")


def _show(resolved: Resolved) -> None:
    rows = resolved.rows()
    keys, values = max(len(row[0]) for row in rows), max(len(row[1]) for row in rows)
    for key, value, origin in rows:
        click.echo(f"{key:{keys}}  {value:{min(values, 40)}}  {origin}")


def _finish(ctx: click.Context, outcome: Any, film: Path | None) -> None:
    from ganzoo.ranks import first

    _report(outcome)  # first: a film that cannot be written must not hide where the run is
    if film and first():
        from ganzoo.runs.film import save_film

        pictures = save_film(outcome.run / "samples", film)
        click.echo(f"Wrote {film}: {pictures} pictures.", err=True)
    if outcome.signal is not None:
        ctx.exit(128 + outcome.signal)


def _report(outcome: Any) -> None:
    from ganzoo.ranks import first
    from ganzoo.training.progress import duration

    if not first():
        return
    if outcome.signal is not None:
        click.echo(f"Stopped; go on with 'ganzoo train --resume {outcome.run}'.", err=True)
    else:
        pace = f", {duration(outcome.seconds)} at {outcome.images_per_s:.0f} images/s" if outcome.seconds else ""
        click.echo(
            f"Done: {outcome.nimg / 1000:.1f} kimg{pace}. "
            f"See {outcome.run / 'samples'}; export with 'ganzoo export {outcome.run}'.",
            err=True,
        )
    click.echo(str(outcome.run))
