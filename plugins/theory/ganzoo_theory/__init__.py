"""The theory of GANs for ganzoo, computed and drawn on pages for students: ``ganzoo learn``."""

from collections.abc import Callable

import click

from ganzoo import hookimpl
from ganzoo_theory.commands import command


@hookimpl
def register_commands(register: Callable[[click.Command], None]) -> None:
    register(command)
