"""``ganzoo learn``. Imports nothing heavy until a lesson runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click


@click.group("learn")
def command() -> None:
    """Lessons: what the theory of GANs says, computed here and drawn on a page that works from disk.

    \b
    ganzoo learn parallel-lines
    ganzoo learn optimal-discriminator -o lesson.html
    """


def lesson(name: str) -> Callable[[Callable[[int], str]], click.Command]:
    """The subcommand ``name``, of a function from a seed to a page."""

    def register(write: Callable[[int], str]) -> click.Command:
        @command.command(name, help=write.__doc__)
        @click.option(
            "--seed",
            type=click.IntRange(0, 2**32 - 1),
            default=0,
            show_default=True,
            help="Of what is drawn and trained.",
        )
        @click.option(
            "-o",
            "--out",
            type=click.Path(dir_okay=False, path_type=Path),
            default=Path(f"{name}.html"),
            show_default=True,
            help="The page.",
        )
        def run(seed: int, out: Path) -> None:
            from ganzoo.files import write_whole
            from ganzoo_theory.threads import one_thread

            with one_thread():
                page = write(seed)
            out.parent.mkdir(parents=True, exist_ok=True)
            write_whole(out, page)
            click.echo(str(out))

        return run

    return register


@lesson("parallel-lines")
def parallel_lines(seed: int) -> str:
    """Two lines that do not touch: which distances say that one comes nearer, and which game moves it there.

    After Arjovsky, Chintala & Bottou 2017 (arXiv:1701.07875), example 1.

    \b
    ganzoo learn parallel-lines
    ganzoo learn parallel-lines --seed 7 -o lines.html
    """
    from ganzoo_theory.parallel_lines.page import write

    return write(seed)


@lesson("optimal-discriminator")
def optimal_discriminator(seed: int) -> str:
    """What the best discriminator says, and what the generator then minimises.

    After Goodfellow et al. 2014 (arXiv:1406.2661), propositions 1 and 2.

    \b
    ganzoo learn optimal-discriminator
    ganzoo learn optimal-discriminator -o lesson.html
    """
    from ganzoo_theory.optimal_discriminator.page import write

    return write(seed)
