"""The command, which ``ganzoo bench serve`` and ``python -m ganzoo_serve.bench`` share."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from ganzoo_serve.errors import ServeError


@contextmanager
def _ending_all_at_sigterm() -> Iterator[None]:
    """What was started ends with us, as it does at Ctrl-C. Whoever is told a second time is at it already."""

    def end(number: int, _: FrameType | None) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)
        sys.exit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command("serve")
@click.argument("model", type=click.Path(exists=True, dir_okay=False, path_type=Path), metavar="MODEL.onnx")
@click.option("--cores", type=click.IntRange(1, 64), default=1, show_default=True, help="The server's own.")
@click.option("--rounds", type=click.IntRange(1, 100), default=5, show_default=True, help="Medians count.")
@click.option(
    "--seconds", type=click.FloatRange(0.05, 60), default=1.0, show_default=True, help="Length of one measurement."
)
@click.option(
    "--overload",
    type=click.FloatRange(0, 900),
    default=0.0,
    metavar="SECONDS",
    help="Also ask for twice as much as it can do, for so long.",
)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the numbers as JSON.")
def command(model: Path, cores: int, rounds: int, seconds: float, overload: float, json_file: Path | None) -> None:
    """Measure how fast MODEL is served here, against what this machine could do at best. CPU only.

    \b
    ganzoo bench serve model.onnx
    ganzoo bench serve model.onnx --cores 2 --overload 30 --json serve.json

    Starts a server on cores of its own and loads it from the others. R_max is what the model, the encoder and HTTP, each timed
    alone, leave possible, and q the share of it that is reached; they take turns, so that all see the machine in the same mood.
    """
    from ganzoo_serve.bench.efficiency import measure
    from ganzoo_serve.bench.report import document, text
    from ganzoo_serve.bench.result import Plan

    plan = Plan(cores=cores, rounds=rounds, seconds=seconds, overload=overload)
    with _ending_all_at_sigterm():
        result = measure(model, plan, lambda line: click.echo(line, err=True))
    click.echo(text(result), nl=False)
    if json_file:
        json_file.write_text(json.dumps(document(result), indent=2) + "\n", encoding="utf-8")
        click.echo(f"Wrote {json_file}", err=True)
    if result.failures:
        raise ServeError(f"{result.failures} requests got no good reply, though the server was not overloaded.")
