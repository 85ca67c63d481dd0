"""``ganzoo semisupervised``. Imports nothing heavy until it runs."""

from __future__ import annotations

from pathlib import Path

import click

from ganzoo.params import Trainings


@click.command("semisupervised")
@click.option(
    "--dataset", metavar="NAME", default="digits", show_default=True, help="A labelled data set with a test split."
)
@click.option("--resolution", type=click.IntRange(8, 256), metavar="N", help="Pixels.  [default: the data set's]")
@click.option("--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="Data files.  [default: $GANZOO_DATA]")
@click.option(
    "--labels",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Labelled training images.",
)
@click.option(
    "--seeds", type=Trainings(), default="3", show_default=True, help="How many trainings, or their seeds: 5,7 or 0-4."
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Passes over the images.  [default: as many as make 6,000 steps]",
)
@click.option("--device", metavar="D", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N.")
@click.option(
    "--json",
    "out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT",
    help="Write each seed's results here as soon as they are known; the same command goes on with the missing seeds.",
)
def command(
    dataset: str,
    resolution: int | None,
    data_dir: Path | None,
    labels: int,
    seeds: list[int],
    epochs: int | None,
    device: str,
    out: Path | None,
) -> None:
    """Learn to classify from few labels and many images: how much does a GAN help?

    The same network is trained with the labelled images alone (supervised), and as the discriminator of a GAN that also sees
    all the others, without their labels (arXiv:1606.03498). Linear probes say what its features hold. Everything is counted
    as errors on the test images.

    \b
    ganzoo semisupervised
    ganzoo semisupervised --dataset mnist --labels 100 --seeds 3 --json mnist-100.json
    """
    from ganzoo.devices import pick_device
    from ganzoo_semisupervised.data import load
    from ganzoo_semisupervised.experiment import run
    from ganzoo_semisupervised.report import table

    data = load(dataset, resolution=resolution, data_dir=data_dir)
    outcome = run(data, labels=labels, seeds=seeds, epochs=epochs, device=pick_device(device), out=out)
    click.echo(table(outcome))
