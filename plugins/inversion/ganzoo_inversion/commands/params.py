"""Options that the commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ganzoo_inversion.encoder_file import Encoder
    from ganzoo_inversion.model import Model
    from ganzoo_serve.runtime import Device


def _exported(ctx: click.Context, param: click.Parameter, path: Path) -> Path:
    """Of a run folder, the file that was exported of it."""
    if not path.is_dir():
        return path
    if not (path / "model.onnx").is_file():
        raise click.BadParameter(f"{path} holds no model.onnx; make it with 'ganzoo export {path}'.", ctx, param)
    return path / "model.onnx"


def spare(out: Path, *inputs: Path) -> None:
    """Raise ConfigError if writing ``out`` would write over an input."""
    from ganzoo import ConfigError

    for path in inputs:
        if out.resolve() == path.resolve():
            raise ConfigError(f"{out} would be written over, and is an input. Expected another name by '-o'.")


model_argument = click.argument("model", type=click.Path(path_type=Path), metavar="MODEL", callback=_exported)
device_option = click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
by_option = click.option(
    "--by",
    type=click.Choice(["encoder", "optimise", "both"]),
    help="By an encoder alone, by a search from random latents, or by a search from where the encoder leads.  "
    "[default: optimise; 'invert' takes both if there is an encoder]",
)
encoder_option = click.option(
    "--encoder",
    "encoder_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Written by 'ganzoo encoder'.  [default: MODEL-encoder.onnx]",
)
class_option = click.option(
    "--class", "class_name", metavar="C", help="Class by name or number.  [default: the one that fits best]"
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**20), default=0, show_default=True, help="Of all that is drawn."
)


def default_encoder(model: Path) -> Path:
    """Where ``ganzoo encoder`` writes: beside the model."""
    return model.with_name(f"{model.stem}-encoder.onnx")


def find_encoder(model: Model, file: Path | None, by: str | None, device: Device) -> Encoder | None:
    """The encoder that was named, or the one beside the model; none if the search goes without.

    Raises ConfigError if it is another model's, or if one is needed and there is none.
    """
    from ganzoo_inversion.encoder_file import Encoder

    path = file or default_encoder(model.path)
    if by == "optimise" or (by is None and file is None and not path.is_file()):
        return None
    return Encoder.load(path, model, device=device)


def class_id(model: Model, name: str | None) -> int | None:
    """The class of that name or number. Raises RequestError with the nearest names."""
    return None if name is None else model.generator.resolve_class(name)
