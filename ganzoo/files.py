"""Files that are whole or not there, whenever the machine stops."""

import os
from contextlib import suppress
from pathlib import Path

KINDS = {".zip": "zip", ".npz": "npz"} | dict.fromkeys(
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz"), "tar"
)


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


def kind_of_path(path: Path) -> str:
    """The kind of data set that a path would be named with, by what is there and how it ends; empty for none."""
    if path.is_dir():
        return "packed" if (path / "pack.json").is_file() else "folder"
    kind = KINDS.get(next((ending for ending in KINDS if path.name.lower().endswith(ending)), ""), "")
    return kind if path.is_file() else ""


def _sync_folder(folder: Path) -> None:
    """Make the rename durable. Windows neither needs nor allows it."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
