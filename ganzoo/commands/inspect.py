"""``ganzoo inspect``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ganzoo_serve.generator import Generator


@click.command("inspect")
@click.argument("model", type=click.Path(path_type=Path), metavar="FILE")
@click.option("--json", "as_json", is_flag=True, help="The metadata document itself.")
def command(model: Path, as_json: bool) -> None:
    """Show what an exported model FILE says of itself, and whether its golden images come out the same here.

    \b
    ganzoo inspect model.onnx
    ganzoo inspect model.onnx --json
    """
    import json

    from ganzoo_serve.generator import Generator
    from ganzoo_serve.metadata import read

    if as_json:
        click.echo(json.dumps(json.loads(read(model).to_json()), indent=2, ensure_ascii=False))
        return
    generator = Generator.load(model)
    for name, text in _rows(generator):
        # What a file says may hold anything; a terminal obeys escape sequences.
        click.echo(f"{name:13} {''.join(c if c.isprintable() else ascii(c)[1:-1] for c in text)}")


def _rows(generator: Generator) -> list[tuple[str, str]]:
    m = generator.metadata
    image, training, data = m.image, m.training, m.dataset
    rows = [
        ("name", m.name),
        ("file", f"{generator.path}, {generator.path.stat().st_size / 1e6:.2f} MB, revision {generator.rev}"),
        ("images", f"{image.height}x{image.width} {image.mode}, {m.output} {m.layout}"),
        ("precision", {"fp32": "float32", "fp16": "float16, float32 where it is delicate"}[m.precision]),
        ("latents", f"{m.latent.dim}, {m.latent.distribution}, scheme {m.latent.scheme}"),
        ("classes", ", ".join(m.classes) if m.classes else "none"),
        ("truncation", f"{m.truncation or 'none'}{', one for each image' * m.truncation_per_image}"),
    ]
    if m.styles:
        rows.append(("w", f"{m.styles.layers} layers of {m.styles.dim}, 0 the coarsest"))
    if training:
        players = f"{training.architecture} with {training.loss}"
        kimg = "?" if training.kimg is None else f"{training.kimg:g}"
        budget = f"{kimg} kimg, {training.steps} steps, seed {training.seed}, {training.precision}"
        rows += [("trained as", f"{training.recipe}: {players}; {budget}"), ("papers", training.paper or "-")]
    if data:
        count = f"{data.images:,} images" if data.images else "unknown size"
        rows.append(("data", f"{data.name}, {count}, licence: {data.licence or 'not stated'}"))
    rows.append(("made with", ", ".join(f"{name} {version}" for name, version in m.versions.items()) or "-"))
    same = generator.verify_golden()
    text = f"{sum(same.values())} of {len(same)} golden images are identical here" if same else "no golden images"
    return [*rows, ("reproduces", text), ("runs on", generator.runtime)]
