"""What a person sees of the training, on stderr: a bar in a terminal, a line now and then elsewhere."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

LINE_EVERY_S = 10.0


class SeedsProgress:
    """One bar for all seeds; a seed's share is the mean of its phases' shares, weighted by their cost."""

    def __init__(self, *, seeds: int) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn(), console=self._console
        )
        self._task = self._bar.add_task("Training", total=float(seeds))
        self._done, self._shown = 0, time.monotonic()

    def __enter__(self) -> "SeedsProgress":
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def update(self, seed: int, phase: str, share: float, text: str = "") -> None:
        """Show where a seed stands: ``share`` of all its work is done, and it is busy with ``phase``."""
        self._bar.update(self._task, description=f"Seed {seed}: {phase}", completed=self._done + share)
        if not self._console.is_terminal and time.monotonic() - self._shown >= LINE_EVERY_S:
            self._shown = time.monotonic()
            self._console.print(f"Seed {seed}: {phase}, {100 * share:.0f} %  {text}".rstrip(), soft_wrap=True)

    def say(self, line: str) -> None:
        """Print a line above the bar."""
        self._console.print(line, soft_wrap=True)

    def finish(self) -> None:
        """A seed is done."""
        self._done += 1
