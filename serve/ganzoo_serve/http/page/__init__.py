"""The front page's files: plain HTML, CSS and JavaScript modules, as they are sent. No build step, nothing from elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_TYPES = {
    "addresses.js": "text/javascript",
    "icon.svg": "image/svg+xml",
    "page.css": "text/css",
    "play.js": "text/javascript",
    "requests.js": "text/javascript",
}
# They say nothing of the models, and a browser has no key to ask for them with.
OPEN = frozenset({"/", *(f"/page/{name}" for name in _TYPES)})


@dataclass(frozen=True)
class File:
    """One of them, and what it is recognised by."""

    content: bytes
    media_type: str
    tag: str


@cache
def file(name: str) -> File | None:
    """The file of that name; None if there is none such."""
    if name not in _TYPES:
        return None
    content = (files(__name__) / name).read_bytes()
    return File(content, _TYPES[name], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


@cache
def html() -> str:
    """The page, for ``string.Template``: ``models`` is what is shown without JavaScript."""
    return (files(__name__) / "index.html").read_text(encoding="utf-8")
