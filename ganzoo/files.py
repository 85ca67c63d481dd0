"""Files that are whole or not there, whenever the machine stops."""

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, content: bytes | str) -> None:
    """Replace what ``path`` holds in one move; text becomes UTF-8. Raises OSError, with the path, leaving what was there."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except BaseException as error:  # a second Ctrl-C as well
        if isinstance(error, OSError):
            error.filename = str(path)  # a full disk names none, and the partial file is nobody's concern
        with suppress(OSError):
            partial.unlink()
        raise


def remove_torn(folder: Path, name: str = "") -> None:
    """Remove what killed writers of ``name``, or of anything, left in ``folder``. Only for who knows that nobody writes it."""
    for torn in folder.glob(f".{name}*.partial"):
        torn.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the rename durable. Windows neither needs nor allows it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
