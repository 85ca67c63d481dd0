"""``ganzoo bench metrics``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import click

from ganzoo.params import MetricList, NameWithOptions, Resolution, by_name
from ganzoo.resolution import Size


@click.command("metrics")
@click.option("--dataset", required=True, metavar="NAME", help="A data set with a test split.")
@click.option("--resolution", type=Resolution(), help="64, or 64x32.  [default: the data set's]")
@click.option("--metrics", type=MetricList(), multiple=True, callback=by_name, help="As of 'ganzoo eval'.")
@click.option("--features", type=NameWithOptions(), help="As of 'ganzoo eval'.")
@click.option("--samples", type=click.IntRange(2, 10_000_000), default=10_000, show_default=True, help="At most.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with data files.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--format", "form", type=click.Choice(["text", "markdown", "csv"]), default="text", show_default=True)
@click.option(
    "--picture", type=click.Path(dir_okay=False, path_type=Path), help="A .png with a row of images of each kind."
)
def command(
    dataset: str,
    resolution: Size | None,
    metrics: dict[str, dict[str, Any]],
    features: tuple[str, dict[str, Any]] | None,
    samples: int,
    data_dir: Path | None,
    device: str,
    form: Literal["text", "markdown", "csv"],
    picture: Path | None,
) -> None:
    """See what scores mean: those of the data's own test images, and of images that are spoilt in known ways.

    \b
    ganzoo bench metrics --dataset mnist --metrics fid,kid --picture spoilt.png

    The test images' own score is the floor: no model can be expected to go below it.
    """
    from ganzoo.bench.ladder import ladder, save_rows
    from ganzoo.evaluation.request import Request
    from ganzoo.evaluation.scores import described, rows
    from ganzoo.evaluation.tables import table
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry

    request = Request(
        dataset=dataset,
        metrics=metrics,
        features=features,
        samples=samples,
        data_dir=data_dir,
        device=device,
    )
    stages, found, pictures = Stages(), [], {}
    with stages.open():
        for rung, result, row in ladder(request, get_registry(), stages, resolution=resolution):
            found.append(result.evaluation)
            pictures[rung.name] = row
    protocol = found[0].scores[0].protocol
    click.echo(f"{protocol.samples:,} images against {described(protocol, found[0].scores)}", err=True)
    header, body = rows(found)
    click.echo(table(["images", *header[1:]], body, form=form), nl=False)
    if picture:
        save_rows(pictures, picture)
        click.echo(f"Wrote {picture}", err=True)
