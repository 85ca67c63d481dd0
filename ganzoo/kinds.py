"""Which kind of data set lies at a path: what stands before the colon of ``folder:PATH``."""

from pathlib import Path

KINDS = {".zip": "zip", ".npz": "npz"} | dict.fromkeys(
    (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".txz"), "tar"
)


def kind_of_path(path: Path) -> str:
    """The kind of data set that a path would be named with, by what is there and how it ends; empty for none."""
    if path.is_dir():
        return "packed" if (path / "pack.json").is_file() else "folder"
    kind = KINDS.get(next((ending for ending in KINDS if path.name.lower().endswith(ending)), ""), "")
    return kind if path.is_file() else ""
