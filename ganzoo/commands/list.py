"""``ganzoo list``."""

from __future__ import annotations

import click

KINDS = ("recipes", "architectures", "losses", "regularizers", "augmentations", "datasets", "features", "metrics")


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS), metavar="[KIND]")
def command(kind: str | None) -> None:
    """List what is in the zoo: all of it, or one KIND with its options.

    KIND is recipes, architectures, losses, regularizers, augmentations, datasets, features or metrics.

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
            click.echo(f"  {record.name:{width}}  {record.summary}{paper}  ({catalogue.origin(record.name)})")
            if kind and (needs := getattr(record, "needs", None)):
                click.echo(f"  {'':{width}}    needs {', '.join(sorted(needs))}")
            for line in _options(record) if kind else ():
                click.echo(f"  {'':{width}}    {line}")
        if listing == "recipes":
            click.echo("  and every ARCHITECTURE-LOSS, for example dcgan-hinge")


def _options(record: object) -> list[str]:
    schema = getattr(record, "options", None)
    if schema is None:
        return []
    fields = schema.model_fields.items()
    return [f"{name}={field.get_default()}  {field.description or ''}".rstrip() for name, field in fields]
