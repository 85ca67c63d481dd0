"""What can go wrong, as far as a user can do something about it. Anything else is a bug and keeps its traceback."""

from collections.abc import Iterable
from difflib import get_close_matches


class ServeError(Exception):
    """Base of every error whose text is written for the user: what was wrong, what was expected, what to run next."""


class ModelError(ServeError):
    """A file is not a model we can run: damaged, foreign, from a newer ganzoo, or failing when run."""


class DeviceError(ServeError):
    """The device that was asked for cannot be had."""


class RequestError(ServeError):
    """A value asked of a model is out of range or unknown.

    ``loc`` says where it stood, outermost first, as pydantic does: ``("classes", 3)``. HTTP answers with 422.
    """

    def __init__(self, message: str, *, loc: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.loc = loc


class BusyError(ServeError):
    """Too much waits already; in ``retry_s`` seconds it should be gone. HTTP answers with 429."""

    def __init__(self, message: str, retry_s: int) -> None:
        super().__init__(f"{message} Try again in {retry_s} s.")
        self.retry_s = retry_s


class LateError(ServeError):
    """The deadline of a request passed while it waited. HTTP answers with 504."""

    def __init__(self) -> None:
        super().__init__("Not begun in time: others were before you. Ask for fewer images, or later.")


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`` Did you mean 'x' or 'y'?`` with a leading blank, or an empty string when nothing is near (case is ignored)."""
    folded = {candidate.casefold(): candidate for candidate in names}
    # difflib is quadratic in the length; a name this long is no typing mistake.
    near = get_close_matches(name[:100].casefold(), folded, n=3)
    return f" Did you mean {' or '.join(repr(folded[match]) for match in near)}?" if near else ""
