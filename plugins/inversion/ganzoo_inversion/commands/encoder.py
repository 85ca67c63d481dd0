"""``ganzoo encoder``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganzoo.params import FiniteRange
from ganzoo_inversion.commands.params import default_encoder, device_option, model_argument, seed_option, spare

if TYPE_CHECKING:
    from ganzoo_serve.runtime import Device


@click.command("encoder")
@model_argument
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File to write.  [default: MODEL-encoder.onnx]",
)
@click.option("--steps", type=click.IntRange(min=1), metavar="N", help="Budget in updates.  [default: 3000]")
@click.option(
    "--kimg", type=FiniteRange(min=0, min_open=True), metavar="F", help="Budget in thousands of samples, instead."
)
@click.option("--width", type=click.IntRange(min=1), default=32, show_default=True, help="Channels of the first layer.")
@click.option(
    "--image-weight",
    type=FiniteRange(min=0),
    default=10.0,
    show_default=True,
    help="Weight of the images' error beside that of z; 0: z alone.",
)
@click.option("--dataset", metavar="NAME", help="Real images to report errors on, too: of this set's test split.")
@click.option("--data-dir", type=click.Path(path_type=Path), metavar="DIR", help="Folder with data files.")
@seed_option
@device_option
def command(
    model: Path,
    out: Path | None,
    steps: int | None,
    kimg: float | None,
    width: int,
    image_weight: float,
    dataset: str | None,
    data_dir: Path | None,
    seed: int,
    device: Device,
) -> None:
    """Train an encoder for an exported MODEL: a network that tells z from an image, by the model's own samples.

    \b
    ganzoo encoder model.onnx
    ganzoo encoder model.onnx --steps 1000 -o quick.onnx
    ganzoo encoder model.onnx --kimg 500 --dataset mnist

    Every sample is a new one. Errors are those on samples that it never saw (seeds 0 to 511) and, with --dataset, on real
    images: of z (R^2 is the share of its variance that is explained) and of the image made again from it. Where many z make
    nearly the same image no encoder can tell them apart: a small R^2 then goes with good images.
    """
    from ganzoo_inversion.learn import learn
    from ganzoo_inversion.training import Training

    if steps is not None and kimg is not None:
        raise click.UsageError("Give the budget by --steps or by --kimg, not by both.")
    training = Training(width=width, image_weight=image_weight, seed=seed)
    if kimg is not None:
        steps = max(1, round(kimg * 1000 / training.batch_size))
    out = out or default_encoder(model)
    spare(out, model)
    lines = learn(
        model,
        out,
        training.with_steps(steps),
        device=device,
        dataset=dataset,
        data_dir=data_dir,
    )
    for line in lines:
        click.echo(line)
