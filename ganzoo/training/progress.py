"""What a person sees while a run goes on, on stderr: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

LINE_EVERY_S = 10.0


class TrainingProgress:
    """Shows kimg, losses, images/s and the time left. ``nimg`` and ``share`` are where the run stands at the start."""

    def __init__(self, *, nimg: int, share: float) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"), console=self._console
        )
        self._begin = self._shown = time.monotonic()
        self._first = (nimg, share)
        self._task = self._bar.add_task("Training", total=1.0, text="")

    def __enter__(self) -> TrainingProgress:
        if self._console.is_terminal:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._bar.stop()

    def images_per_s(self, nimg: int) -> float:
        """Real images shown to the discriminator per second, since this process began to train."""
        return (nimg - self._first[0]) / max(time.monotonic() - self._begin, 1e-9)

    def update(self, *, nimg: int, g_steps: int, share: float, losses: Mapping[str, float]) -> None:
        """Show where the run stands; ``share`` of the budget may end a little above 1."""
        share = min(share, 1.0)
        left = "?"
        if share > self._first[1]:
            elapsed = time.monotonic() - self._begin
            left = duration(elapsed * (1 - share) / (share - self._first[1]))
        shown = "  ".join(f"{name} {value:.3f}" for name, value in losses.items() if name in ("d_loss", "g_loss"))
        text = f"{nimg / 1000:.1f} kimg  {g_steps} steps  {shown}  {self.images_per_s(nimg):.0f} images/s  {left} left"
        self._bar.update(self._task, completed=share, text=text)
        if not self._console.is_terminal and (share >= 1 or time.monotonic() - self._shown >= LINE_EVERY_S):
            self._shown = time.monotonic()
            self._console.print(f"{100 * share:3.0f} %  {text}", soft_wrap=True)


def duration(seconds: float) -> str:
    """Seconds as a person says them: ``45s``, ``3m 20s``, ``2h 05m``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02d}m"
    return f"{minutes}m {rest:02d}s" if minutes else f"{rest}s"
