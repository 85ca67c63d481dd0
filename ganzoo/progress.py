"""What a person sees of a long piece of work in stages, on stderr: bars in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 10.0


class Stage:
    """A piece of work of ``total`` parts."""

    def __init__(self, stages: Stages, name: str, total: int) -> None:
        self._stages, self._name, self._total, self._done = stages, name, total, 0
        self._shown = time.monotonic()
        self._task = stages.bar.add_task(name, total=total)

    def advance(self, parts: int = 1) -> None:
        """Say that so many more parts are done."""
        self._done += parts
        self._stages.bar.update(self._task, completed=self._done, visible=self._done < self._total)
        if self._done < self._total and self._stages.shows_lines and time.monotonic() - self._shown > LINE_EVERY_S:
            self._shown = time.monotonic()
            self._stages.console.print(f"{self._name}: {self._done:,} of {self._total:,}")


class Stages:
    """The stages of one piece of work. ``quiet``: no bars and no counts, only what is said."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet, self._said = quiet, set[str]()
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )

    @property
    def shows_lines(self) -> bool:
        """Whether progress is told by lines: there is no terminal for a bar."""
        return not self.quiet and not self.console.is_terminal

    @contextmanager
    def open(self) -> Iterator[Stages]:
        """Show the bars while the block runs, if there is a terminal to show them on."""
        if self.console.is_terminal and not self.quiet:
            with self.bar:
                yield self
        else:
            yield self

    def stage(self, name: str, total: int) -> Stage:
        """Begin a stage."""
        return Stage(self, name, total)

    def say(self, text: str) -> None:
        """A line, above the bars if there are any; what was said before is not said again."""
        if text in self._said:
            return
        self._said.add(text)
        if self.quiet:  # somebody else's bar may be up, and rich sends what is printed so above it
            print(text, file=sys.stderr)
        else:
            self.console.print(text, markup=False)
