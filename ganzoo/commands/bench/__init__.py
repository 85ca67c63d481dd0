"""``ganzoo bench``."""

import click

from ganzoo.commands.bench import metrics, serve, train, zoo


@click.group("bench")
def command() -> None:
    """Larger experiments: recipes compared over seeds, what scores mean on a data set, how fast a recipe trains
    and a model is served.

    \b
    ganzoo bench zoo dcgan-wgangp dcgan-ns --dataset mnist --kimg 200
    ganzoo bench metrics --dataset mnist
    ganzoo bench train dcgan-wgangp --dataset mnist
    ganzoo bench serve model.onnx
    """


for one in (zoo, metrics, train, serve):
    command.add_command(one.command)
