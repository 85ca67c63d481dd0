"""``ganzoo interpolate``, ``ganzoo mix`` and ``ganzoo directions``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ganzoo import ConfigError
from ganzoo.params import FiniteRange, Layers, Seeds

if TYPE_CHECKING:
    from ganzoo_latents.directions import Method
    from ganzoo_latents.space import SpaceName
    from ganzoo_serve.paths import Mode
    from ganzoo_serve.runtime import Device

F = TypeVar("F", bound=Callable[..., Any])

model_argument = click.argument("model", type=click.Path(path_type=Path), metavar="FILE")
class_option = click.option(
    "--class", "class_name", metavar="C", help="Class by name or number.  [default: each seed has its own]"
)
truncation_option = click.option("--truncation", type=float, help="1 is off; less is closer to the average image.")
device_option = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
space_option = click.option(
    "--space", type=click.Choice(["z", "w"]), help="Latents as drawn, or as mapped.  [default: w where there is one]"
)


def out_option(text: str) -> Callable[[F], F]:
    """Where to."""
    return click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help=text)


@click.command("interpolate")
@model_argument
@click.option("--seeds", type=Seeds(), required=True, help="At least two, such as 1,5,9: from each to the next.")
@click.option(
    "--steps", type=click.IntRange(2, 1000), default=9, show_default=True, help="Images of a way, both ends included."
)
@click.option(
    "--mode",
    type=click.Choice(["slerp", "lerp"]),
    help="Along the sphere, or straight.  [default: slerp in normal or spherical z, else lerp]",
)
@space_option
@class_option
@truncation_option
@device_option
@out_option(".png or .jpg: one row a way; .gif or .webp: a film.")
def interpolate(
    model: Path,
    seeds: list[int],
    steps: int,
    mode: Mode | None,
    space: SpaceName | None,
    class_name: str | None,
    truncation: float | None,
    device: Device,
    out: Path,
) -> None:
    """Walk from seed to seed through the latents of an exported model FILE.

    \b
    ganzoo interpolate model.onnx --seeds 1,5,9 -o walk.png
    ganzoo interpolate model.onnx --seeds 0-7 --steps 24 -o walk.gif
    ganzoo interpolate model.onnx --seeds 3,4 --class 7 --mode lerp -o sevens.webp
    """
    from ganzoo_latents.cut import Graph
    from ganzoo_latents.pictures import check_film, check_sheet, require_walk, save_film, save_sheet
    from ganzoo_latents.space import open_space
    from ganzoo_latents.walks import walked
    from ganzoo_serve.generator import Generator
    from ganzoo_serve.images import FILMS, extension

    require_walk(out)
    moving = extension(out) in FILMS
    generator = Generator.load(model, device=device)
    (check_film if moving else check_sheet)(generator.metadata, len(seeds) - 1, steps)
    labels = generator.labels(seeds, class_name)
    generator.check_truncation(truncation)
    here = open_space(generator, Graph(model), space, device)
    ways = walked(here, seeds, labels, steps=steps, mode=mode, truncation=truncation)
    if moving:
        click.echo(f"{out}: {save_film(ways, out)} images, {mode or here.mode} in {here.name}, there and back.")
    else:
        save_sheet(ways, out)
        click.echo(
            f"{out}: {len(ways)} way{'s' * (len(ways) > 1)} of {steps} images, {mode or here.mode} in {here.name}."
        )


@click.command("mix")
@model_argument
@click.option("--rows", type=Seeds(), required=True, help="Seeds whose images are changed, one a row.")
@click.option("--columns", type=Seeds(), required=True, help="Seeds that layers are taken from, one a column.")
@click.option(
    "--layers", type=Layers(), required=True, help="Which layers, such as 0-3: 0 is the coarsest ('ganzoo inspect')."
)
@class_option
@truncation_option
@device_option
@out_option(".png, .jpg or .webp; the seeds' own images stand above and at the left.")
def mix(
    model: Path,
    rows: list[int],
    columns: list[int],
    layers: list[int],
    class_name: str | None,
    truncation: float | None,
    device: Device,
    out: Path,
) -> None:
    """Mix the styles of a style-based model FILE: each row's image with some layers of each column's.

    \b
    ganzoo mix model.onnx --rows 0-3 --columns 10-15 --layers 0-3 -o mixed.png
    """
    import numpy as np

    from ganzoo_latents.cut import Graph
    from ganzoo_latents.pictures import check_sheet, require_sheet, save_sheet
    from ganzoo_latents.space import W
    from ganzoo_latents.walks import mixed
    from ganzoo_serve.generator import Generator

    require_sheet(out)
    generator = Generator.load(model, device=device)
    generator.check_truncation(truncation)
    check_sheet(generator.metadata, len(rows) + 1, len(columns) + 1)
    space = W(generator, Graph(model), device)
    of_rows, of_columns = (generator.labels(seeds, class_name) for seeds in (rows, columns))
    inner = mixed(space, rows, columns, of_rows, of_columns, layers=layers, truncation=truncation)
    left = space.images(space.points(rows, of_rows, truncation), None, None)
    above = space.images(space.points(columns, of_columns, truncation), None, None)
    head = np.concatenate([np.zeros_like(above[:1]), above])[None]
    save_sheet(np.concatenate([head, np.concatenate([left[:, None], inner], axis=1)]), out)
    click.echo(f"{out}: {len(rows)} rows, with layers {', '.join(map(str, layers))} of {len(columns)} columns.")


@click.command("directions")
@model_argument
@click.option("--seeds", type=Seeds(), default="0,1", show_default=True, help="Whose images are moved, a row each.")
@click.option(
    "--count", type=click.IntRange(1, 64), default=6, show_default=True, help="Directions, the strongest first."
)
@click.option(
    "--method",
    type=click.Choice(["sefa", "pca"]),
    help="From weights, or from samples.  [default: sefa where it can be]",
)
@click.option(
    "--reach",
    type=FiniteRange(0, 100, min_open=True),
    default=3.0,
    show_default=True,
    help="In standard deviations.",
)
@click.option("--steps", type=click.IntRange(2, 101), default=7, show_default=True, help="Images of a row.")
@space_option
@class_option
@truncation_option
@device_option
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the vectors (count, dim) into this .npy.",
)
@out_option(".png, .jpg or .webp: for each direction a row of each seed.")
def directions(
    model: Path,
    seeds: list[int],
    count: int,
    method: Method | None,
    reach: float,
    steps: int,
    space: SpaceName | None,
    class_name: str | None,
    truncation: float | None,
    device: Device,
    save: Path | None,
    out: Path,
) -> None:
    """Find directions along which the images of an exported model FILE change most, and show them.

    SeFa takes them from the weights that meet the latent first, PCA from what 4,096 latents become.

    \b
    ganzoo directions model.onnx -o directions.png
    ganzoo directions model.onnx --method pca --count 10 --reach 2 -o directions.png
    """
    import io

    import numpy as np

    from ganzoo_latents.cut import Graph
    from ganzoo_latents.directions import find_directions
    from ganzoo_latents.pictures import check_sheet, require_sheet, save_sheet, write
    from ganzoo_latents.space import open_space
    from ganzoo_latents.walks import moved
    from ganzoo_serve.generator import Generator

    require_sheet(out)
    if save is not None and save.suffix != ".npy":
        raise ConfigError(f"{save}: expected a name that ends in .npy.")
    generator = Generator.load(model, device=device)
    labels = generator.labels(seeds, class_name)
    generator.check_truncation(truncation)
    graph = Graph(model)
    here = open_space(generator, graph, space, device)
    check_sheet(generator.metadata, min(count, here.dim) * len(seeds), steps)
    found = find_directions(generator, graph, here, method=method, count=count, device=device)
    rows = moved(
        here,
        seeds,
        labels,
        found.vectors * found.deviations[:, None],
        reach=reach,
        steps=steps,
        truncation=truncation,
    )
    save_sheet(rows, out)
    if save is not None:
        buffer = io.BytesIO()
        np.save(buffer, found.vectors.astype(np.float32), allow_pickle=False)
        write(save, buffer.getvalue())
    click.echo(f"{out}: {len(found.vectors)} directions of {here.name} by {found.method}, {len(seeds)} rows each.")
    click.echo(f"Each one's share of {found.whole}:")
    for index, share in enumerate(found.shares):
        click.echo(f"  {index}: {share:.1%}")


COMMANDS = (interpolate, mix, directions)
