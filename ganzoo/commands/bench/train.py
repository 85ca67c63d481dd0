"""``ganzoo bench train``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ganzoo.params import Resolution, Setting

if TYPE_CHECKING:
    from ganzoo.bench.speed import Speed


@click.command("train")
@click.argument("recipe")
@click.option("--dataset", metavar="NAME", help="As of 'ganzoo train'.")
@click.option("--resolution", type=Resolution(), help="As of 'ganzoo train'.")
@click.option("--conditional", is_flag=True, default=None, help="As of 'ganzoo train'.")
@click.option("--batch-size", type=int, metavar="N", help="As of 'ganzoo train'.")
@click.option("--precision", metavar="P", help="As of 'ganzoo train'.")
@click.option("--device", metavar="D", help="As of 'ganzoo train'.")
@click.option("--data-dir", metavar="DIR", help="Folder with data files.")
@click.option("--set", "settings", type=Setting(), multiple=True, help="Any setting by its dotted key.")
@click.option(
    "--rounds", type=click.IntRange(min=1), default=10, show_default=True, help="Measurements; medians count."
)
@click.option(
    "--against",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.py",
    help="Another loop of the same networks: a file with build(config, G, D, images, labels).",
)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the numbers as JSON.")
def command(
    recipe: str,
    settings: tuple[tuple[str, Any], ...],
    rounds: int,
    against: Path | None,
    json_file: Path | None,
    **options: Any,
) -> None:
    """Measure how fast RECIPE trains here, and where the time goes. Nothing is kept.

    \b
    ganzoo bench train dcgan-wgangp
    ganzoo bench train dcgan-wgangp --dataset mnist --precision bf16
    ganzoo bench train dcgan-wgangp --dataset mnist --against tests/benchmarks/handloop.py

    The other loop plays between our iterations, so that both see the machine in the same mood.
    """
    from ganzoo.bench.speed import measure_speed
    from ganzoo.config import Layer, resolve
    from ganzoo.files import write_whole
    from ganzoo.registry import get_registry
    from ganzoo.training import prepare

    line = {key: value for key, value in options.items() if value is not None} | dict(settings)
    registry = get_registry()
    resolved, state = prepare(resolve(recipe, registry, [Layer("command line", line)]), registry)
    speed = measure_speed(state, rounds=rounds, against=against)
    config, shape = resolved.config, state.image_shape
    click.echo(
        f"{recipe}: {config.dataset} at {shape.height}x{shape.width}x{shape.channels}, batch {config.batch_size}, "
        f"n_critic {config.n_critic}, {config.precision}, {_where(state.device)}"
    )
    click.echo(_table(speed), nl=False)
    if json_file:
        document = asdict(speed) | {"recipe": recipe, "config": config.model_dump(mode="json")}
        write_whole(json_file, json.dumps(document, indent=2) + "\n")
        click.echo(f"Wrote {json_file}", err=True)


def _where(device: Any) -> str:
    import torch

    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def _table(speed: Speed) -> str:
    from ganzoo.evaluation.tables import table

    whole = 1 / speed.iterations_per_s
    rows = [
        ["images/s", f"{speed.images_per_s:.0f}", "real images shown to the discriminator"],
        ["generator steps/s", f"{speed.iterations_per_s:.2f}", ""],
        ["peak memory", f"{speed.memory / 1e6:.0f} MB", ""],
        [
            "arithmetic",
            f"{speed.flops * speed.iterations_per_s / 1e9:.1f} GFLOP/s",
            f"{speed.share_of_peak:.0%} of a large matrix product's {speed.peak / 1e9:.0f} here",
        ],
        *([name, f"{1000 * s:.2f} ms", f"{s / whole:.1%} of an iteration"] for name, s in speed.phases.items()),
    ]
    if speed.ratios:
        import statistics

        low, high = min(speed.ratios), max(speed.ratios)
        middle = f"{statistics.median(speed.ratios):.2f}"
        rows.append(["against the other", middle, f"times as fast, median of {low:.2f} to {high:.2f}"])
    return table(rows[0], rows[1:], form="text")  # its first row serves as the header
