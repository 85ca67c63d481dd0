"""Semi-supervised learning with a GAN for ganzoo (Salimans et al. 2016, arXiv:1606.03498): ``ganzoo semisupervised``."""

from collections.abc import Callable

import click

from ganzoo import hookimpl
from ganzoo_semisupervised.command import command


@hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    register(command)
