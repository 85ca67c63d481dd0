"""A progress bar for those who wait."""

import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 2.0


def patiently(items: Iterable[T], total: int, doing: str) -> Iterator[T]:
    """Pass the items on; show a bar on stderr once it has taken two seconds, if that is a terminal."""
    begin = monotonic()
    shows = sys.stderr.isatty()
    bar = None
    try:
        for done, item in enumerate(items):
            if bar is None and shows and monotonic() - begin > PATIENCE_S:
                from rich.console import Console
                from rich.progress import Progress

                bar = Progress(console=Console(stderr=True), transient=True)
                task = bar.add_task(doing, total=total)
                bar.start()
            if bar is not None:
                bar.update(task, completed=done)
            yield item
    finally:
        if bar is not None:
            bar.stop()
