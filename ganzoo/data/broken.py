"""Images that cannot be read: left out and named on stderr; more than 1 % of them is an error."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from ganzoo.errors import DataError

TOLERATED = 0.01
NAMED_AT_MOST = 10


class Broken:
    """Which of ``names`` cannot be read, by index, and why. ``where`` is the place that they are in."""

    def __init__(self, where: str, names: Sequence[str], reasons: Mapping[int, str] | None = None) -> None:
        self.where, self.names = where, names
        self.reasons = dict(reasons or {})

    def add(self, index: int, error: Exception | str) -> None:
        """Leave that image out."""
        self.reasons[index] = error if isinstance(error, str) else reason(error)

    def judge(self) -> None:
        """Raise DataError if there are more than can be put up with."""
        if len(self.reasons) > TOLERATED * len(self.names):
            lines = "".join(f"\n  {self.names[i]!r}: {self.reasons[i]}" for i in self._first())
            more = f"\n  and {len(self.reasons) - NAMED_AT_MOST} more" if len(self.reasons) > NAMED_AT_MOST else ""
            raise DataError(
                f"{self._count} in {self.where} cannot be read, more than {TOLERATED * 100:.0f} %:{lines}{more}\n"
                "Replace them or take them away."
            )

    def report(self) -> None:
        """Say on stderr what is left out, if anything is."""
        for i in self._first():
            print(f"Left out {self.names[i]!r}: {self.reasons[i]}", file=sys.stderr)
        if self.reasons:
            print(f"{self._count} in {self.where} cannot be read and are left out.", file=sys.stderr)

    def by_name(self) -> dict[str, str]:
        """All of them, as valid Unicode, which a file's name need not be."""
        return {plain(self.names[i]): why for i, why in sorted(self.reasons.items())}

    @property
    def _count(self) -> str:
        return f"{len(self.reasons)} of {len(self.names)} images"

    def _first(self) -> list[int]:
        return sorted(self.reasons)[:NAMED_AT_MOST]


def reason(error: Exception) -> str:
    """What an exception says, on one line."""
    return plain(" ".join(str(error).split()) or type(error).__name__)


def plain(text: str) -> str:
    """Valid Unicode: a "?" for each byte of a name that is none."""
    return text.encode(errors="replace").decode()
