"""``ganzoo bench``."""

import click

from ganzoo.commands.bench import metrics, train, zoo


@click.group("bench")
def command() -> None:
    """Larger experiments: recipes compared over seeds, what scores mean on a data set, and how fast a recipe trains.

    \b
    ganzoo bench zoo dcgan-wgangp dcgan-ns --dataset mnist --kimg 200
    ganzoo bench metrics --dataset mnist
    ganzoo bench train dcgan-wgangp --dataset mnist
    """


for one in (zoo, metrics, train):
    command.add_command(one.command)
