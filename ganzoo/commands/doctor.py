"""``ganzoo doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ganzoo.diagnosis import Check


@click.command("doctor")
@click.argument("run", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all of it as JSON.")
@click.pass_context
def command(ctx: click.Context, /, run: Path | None, json_file: Path | None) -> None:
    """Say what ails RUN (default: the newest run), and what to try.

    Looks for divergence, mode collapse, vanishing gradients, saturation, an overfitting discriminator, oscillation, slow
    convergence, memorisation and missing classes: in what the run logged while it trained, and in what its newest checkpoint
    draws. Each with its number, the threshold and where that is from.

    \b
    ganzoo doctor
    ganzoo doctor runs/00001-dcgan-wgangp-digits --json findings.json
    """
    from ganzoo.doctor import doctor
    from ganzoo.files import write_whole
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry
    from ganzoo.runs.folder import RunFolder, newest_run

    folder = RunFolder(run or newest_run())
    checks = doctor(folder, get_registry(), Stages())
    recipe = folder.read_config()[0].config.recipe
    click.echo(str(folder.path))
    width = max(len(check.name) for check in checks)
    for check in checks:
        click.echo(_line(check, width))
    found = [check for check in checks if check.found]
    for check in found:
        click.echo(f"\n{check.name}\n  Number: {_number(check)}, {check.measure}\n  Wrong is: {check.threshold}")
        click.echo(f"  Source: {check.source}")
        if command := check.command(recipe, str(folder.path)):
            click.echo(f"  Try: {command}")
    if not found:
        click.echo("\nNothing found.")
    if json_file:
        told = [asdict(check) | {"command": check.command(recipe, str(folder.path))} for check in checks]
        write_whole(json_file, json.dumps({"run": str(folder.path), "checks": told}, indent=2) + "\n")
        click.echo(f"Wrote {json_file}", err=True)


def _line(check: Check, width: int) -> str:
    mark, colour = {True: ("found", "red"), False: ("ok", "green"), None: ("-", "yellow")}[check.found]
    return f"{check.name:{width}}  {click.style(f'{mark:5}', fg=colour)}  {check.sentence}"


def _number(check: Check) -> str:
    return "not known" if check.number is None else f"{check.number:.3g}"
