"""``ganzoo list``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ganzoo import Recipe

KINDS = ("recipes", "architectures", "losses", "regularizers", "augmentations", "datasets", "features", "metrics")


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS), metavar="[KIND]")
def command(kind: str | None) -> None:
    """List what is in the zoo: all of it, or one KIND with its options.

    KIND is recipes, architectures, losses, regularizers, augmentations, datasets, features or metrics. Recipes are shown with the
    year of their paper and the weights of generator and discriminator.

    \b
    ganzoo list
    ganzoo list losses
    """
    from ganzoo.registry import get_registry

    catalogues = get_registry().catalogues()
    for listing in (kind,) if kind else KINDS:
        catalogue = catalogues[listing]
        if not kind:
            click.secho(f"{listing} ({len(catalogue)})", bold=True)
        width = max((len(record.name) for record in catalogue), default=0)
        for record in catalogue:
            paper = f"  [{record.paper}]" if record.paper else ""
            facts = f"{_facts(record)}  " if kind == "recipes" else ""
            click.echo(f"  {record.name:{width}}  {facts}{record.summary}{paper}  ({catalogue.origin(record.name)})")
            if kind and (measured := getattr(record, "measured", "")):
                click.echo(f"  {'':{width}}    measured: {measured}")
            if kind and (needs := getattr(record, "needs", None)):
                click.echo(f"  {'':{width}}    needs {', '.join(sorted(needs))}")
            for line in _options(record) if kind else ():
                click.echo(f"  {'':{width}}    {line}")
        if listing == "recipes":
            click.echo("  and every ARCHITECTURE-LOSS, for example dcgan-hinge")


def _facts(recipe: Recipe) -> str:
    """The year of its paper, and how many weights it has: generator, discriminator."""
    paper = re.match(r"arXiv:(\d\d)\d\d\.", recipe.paper)
    year = f"20{paper[1]}" if paper else ""
    weights = ", ".join(_rounded(count) for count in recipe.parameters) if recipe.parameters else ""
    return f"{year:4}  {weights:15}"


def _rounded(count: int) -> str:
    return f"{count / 1e6:.1f} M" if count >= 999_500 else f"{count / 1e3:.0f} k"


def _options(record: object) -> list[str]:
    schema = getattr(record, "options", None)
    if schema is None:
        return []
    fields = schema.model_fields.items()
    return [f"{name}={field.get_default()}  {field.description or ''}".rstrip() for name, field in fields]
