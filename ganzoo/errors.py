"""What a user can put right.

Every error here says what was wrong, what was expected and what to run next; ``ganzoo.cli`` turns it into an exit code
without a traceback. Bugs are other exceptions, and keep theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ganzoo_serve.errors import did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError


def findings(error: ValidationError, most: int | None = None) -> str:
    """What pydantic found wrong in a document, on one line; the first ``most`` of it."""
    return "; ".join(f"{'.'.join(map(str, f['loc'])) or 'document'}: {f['msg']}" for f in error.errors()[:most])


class GanzooError(Exception):
    """Base of all errors that a user can fix. The command line ends with ``exit_code``."""

    exit_code = 1


class ConfigError(GanzooError):
    """An option or value that cannot be used: a wrong type, out of range, or an impossible combination."""

    exit_code = 2


class UnknownName(GanzooError):
    """A name that no loaded plugin registered."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, listing: str) -> None:
        names = sorted(known)
        super().__init__(
            f"Unknown {kind} {name!r}.{did_you_mean(name, names)}\n"
            f"Installed: {', '.join(names) or 'none'}.\n"
            f"See them with 'ganzoo list {listing}'; a plugin may be missing: 'ganzoo plugins'."
        )


class DuplicateName(GanzooError):
    """Two plugins claim one name."""


class BrokenPlugin(GanzooError):
    """What a plugin built does not keep to what its record promises; for its author to mend."""


class DataError(GanzooError):
    """A data file or folder that is missing, damaged, or not what was expected."""


class RunError(GanzooError):
    """A run folder that is missing, busy, or cannot be continued."""


class Diverged(GanzooError):
    """The game produced a NaN or an infinity; the last good checkpoint stays."""


class ExportError(GanzooError):
    """A generator that cannot be exported, or whose file does not agree with it."""
