"""``ganzoo inpaint``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ganzoo_inversion.commands.params import (
    by_option,
    class_id,
    class_option,
    device_option,
    encoder_option,
    find_encoder,
    model_argument,
    seed_option,
    spare,
)

if TYPE_CHECKING:
    from ganzoo_inversion.invert import By
    from ganzoo_serve.runtime import Device


@click.command("inpaint")
@model_argument
@click.argument("image", type=click.Path(path_type=Path))
@click.argument("mask", type=click.Path(path_type=Path))
@by_option
@encoder_option
@click.option("--steps", type=click.IntRange(min=0), default=100, show_default=True, help="Of the search.")
@click.option(
    "--starts", type=click.IntRange(min=1), default=16, show_default=True, help="Searches; each may end elsewhere."
)
@click.option(
    "--completions", type=click.IntRange(min=1), default=1, show_default=True, help="A strip of the best so many."
)
@click.option(
    "--keep-known/--no-keep-known",
    default=True,
    show_default=True,
    help="Copy the known pixels, without blending over the edge; or show the model's image as it is.",
)
@class_option
@seed_option
@device_option
@click.option(
    "-o",
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The completed image, at the model's size: .png, .jpg, .webp or .npy.",
)
def command(
    model: Path,
    image: Path,
    mask: Path,
    by: By | None,
    encoder_file: Path | None,
    steps: int,
    starts: int,
    completions: int,
    keep_known: bool,
    class_name: str | None,
    seed: int,
    device: Device,
    out: Path,
) -> None:
    """Fill in IMAGE where MASK, a picture of the same size, is white: with what an exported MODEL holds likely there.

    \b
    ganzoo inpaint model.onnx seven.png lower-half.png -o completed.png
    ganzoo inpaint model.onnx seven.png lower-half.png --completions 4 -o strip.png
    ganzoo inpaint model.onnx face.jpg hole.png --by both --no-keep-known -o face-again.png

    It searches for latents whose images agree with the known pixels; several starts give several completions.
    """
    from dataclasses import replace

    import numpy as np

    from ganzoo_inversion.inpaint import FILLING, inpaint
    from ganzoo_inversion.model import Model
    from ganzoo_inversion.pictures import picture_format, read_image, read_mask, write_picture

    picture_format(out)  # a wrong name should not cost the search
    spare(out, model, image, mask)
    loaded = Model(model, device=device)
    label = class_id(loaded, class_name)
    by = by or ("both" if encoder_file else "optimise")
    encoder = find_encoder(loaded, encoder_file, by, device)
    pixels, hole = read_image(image, loaded.image), read_mask(mask, image, loaded.image)
    found = inpaint(
        loaded,
        pixels,
        hole,
        by=by,
        completions=completions,
        encoder=encoder,
        label=label,
        keep_known=keep_known,
        search=replace(FILLING, steps=steps, starts=starts, seed=seed),
    )
    write_picture(out, np.concatenate(list(found.images), axis=1))
    for index, error in enumerate(found.error):
        class_text = "" if found.labels is None else f", class {loaded.classes[found.labels[index]]}"
        click.echo(f"completion {index + 1}: error {error:.1f} where pixels are known{class_text}")
    click.echo(f"{out}: {hole.mean():.0%} of {image} filled, by {by}.")
