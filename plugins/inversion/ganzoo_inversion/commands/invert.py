"""``ganzoo invert``."""

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


@click.command("invert")
@model_argument
@click.argument("images", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="IMAGE...")
@by_option
@encoder_option
@click.option("--steps", type=click.IntRange(min=0), default=300, show_default=True, help="Of the search.")
@click.option("--starts", type=click.IntRange(min=1), default=8, show_default=True, help="Searches an image.")
@class_option
@seed_option
@device_option
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="NAME",
    help="Writes NAME.npy, the latents (n, z_dim), and NAME.png: images left, what the model makes of them right.",
)
def command(
    model: Path,
    images: tuple[Path, ...],
    by: By | None,
    encoder_file: Path | None,
    steps: int,
    starts: int,
    class_name: str | None,
    seed: int,
    device: Device,
    out: Path,
) -> None:
    """Find the latent z of every IMAGE: the one from which an exported MODEL makes the image nearest to it.

    \b
    ganzoo invert model.onnx seven.png -o found
    ganzoo invert model.onnx photos/*.jpg --by optimise --steps 500 -o found
    ganzoo encoder model.onnx && ganzoo invert model.onnx seven.png --by encoder -o found

    Images may have any size and mode: they are cut to a square and resized. The search keeps z where the model's latents
    lie, so an image unlike all that it can make comes back as the nearest that it can.
    """
    import numpy as np

    from ganzoo_inversion.invert import invert
    from ganzoo_inversion.measure import mean_squared_error, psnr
    from ganzoo_inversion.model import Model
    from ganzoo_inversion.pictures import compared, read_image, write_picture
    from ganzoo_inversion.search import Search

    base = out.with_suffix("") if out.suffix in (".npy", ".png") else out
    picture, latents = (base.with_name(f"{base.name}{ending}") for ending in (".png", ".npy"))
    for written in (picture, latents):
        spare(written, model, *images)
    loaded = Model(model, device=device)
    label = class_id(loaded, class_name)
    encoder = find_encoder(loaded, encoder_file, by, device)
    by = by or ("both" if encoder else "optimise")
    pixels = np.stack([read_image(path, loaded.image) for path in images])
    search = Search(steps=steps, starts=starts, seed=seed)
    found = invert(loaded, pixels, by=by, encoder=encoder, label=label, search=search)
    write_picture(picture, compared(list(zip(pixels, found.images, strict=True))))
    with latents.open("wb") as file:
        np.save(file, found.z, allow_pickle=False)
    for index, path in enumerate(images):
        mse = mean_squared_error(pixels[index], found.images[index])
        decibels = psnr(mse)
        class_text = "" if found.labels is None else f", class {loaded.classes[found.labels[index]]}"
        shown = "no difference" if decibels is None else f"PSNR {decibels:.2f} dB"
        click.echo(f"{path}: image error {mse:.1f} ({shown}){class_text}")
    click.echo(f"{latents}, {picture}: by {by}, latents ({len(found.z)}, {found.z.shape[1]}).")
