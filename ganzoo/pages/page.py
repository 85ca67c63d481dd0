"""The parts of a page. Text is escaped; what is ``Markup`` is a part already, and goes in as it is."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from markupsafe import Markup

STYLE = """
:root { color-scheme: light dark; --line: #d8d8d8; --quiet: #666; --ground: #fff; --text: #1c1c1c; --block: #f4f4f4 }
@media (prefers-color-scheme: dark) { :root { --line: #444; --quiet: #aaa; --ground: #161616; --text: #ddd; --block: #222 } }
body { font: 16px/1.55 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem;
       color: var(--text); background: var(--ground) }
h1 { line-height: 1.2; overflow-wrap: anywhere } h2 { margin-top: 2.5rem }
p { max-width: 46rem }
table { border-collapse: collapse; display: block; overflow-x: auto }
th, td { padding: .3rem .8rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; vertical-align: top }
th:first-child, td:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 7rem }
.prose th, .prose td { text-align: left; white-space: normal; min-width: 5.5rem }
.prose td:last-child { min-width: 11rem }
.prose code { font-size: .88rem; overflow-wrap: break-word }
pre { background: var(--block); padding: .6rem .9rem; overflow-x: auto; border-radius: .3rem }
figure { margin: 1rem 0 } figure svg { max-width: 100%; height: auto }
figcaption { font-size: .88rem; color: var(--quiet); max-width: 46rem; overflow-wrap: anywhere }
.row { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 19rem), 1fr)); gap: 1.2rem }
.row figure { margin: 0; display: flex; flex-direction: column-reverse; justify-content: flex-end }
.row figcaption { color: var(--text) }
.legend { display: flex; flex-wrap: wrap; gap: .1rem 1.4rem; margin: .5rem 0; overflow-wrap: anywhere }
.legend i { display: inline-block; width: 1.6rem; margin-right: .5rem; vertical-align: middle }
.cards { display: flex; flex-wrap: wrap; gap: 1rem } .cards figure { margin: 0; width: 17rem }
.cards img { width: 100%; image-rendering: pixelated; display: block }
summary { cursor: pointer }
"""


def page(title: str, *parts: Markup) -> str:
    """A whole document: a heading and its parts, in the order given. It is read in light and in darkness, narrow and wide."""
    head = Markup(
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"><title>{}</title><style>{}</style>'
    ).format(title, Markup(STYLE))
    body = Markup("\n").join([Markup("<h1>{}</h1>").format(title), *parts])
    return Markup('<!doctype html>\n<html lang="en"><head>{}</head>\n<body>\n{}\n</body></html>\n').format(head, body)


def heading(text: str) -> Markup:
    """Of a section."""
    return Markup("<h2>{}</h2>").format(text)


def paragraph(*text: str | Markup) -> Markup:
    """Lines of running text, one below the other."""
    return Markup("<p>{}</p>").format(Markup("<br>").join(text))


def code(text: str) -> Markup:
    """What is typed or printed, as it is."""
    return Markup("<pre><code>{}</code></pre>").format(text)


def table(header: Sequence[str], body: Sequence[Sequence[str | Markup]], *, prose: bool = False) -> Markup:
    """Names to the left, numbers to the right; or ``prose``: sentences that run over several lines, the last one longest."""
    heads = Markup().join(Markup("<th>{}</th>").format(text) for text in header)
    rows = Markup("\n").join(
        Markup("<tr>{}</tr>").format(Markup().join(Markup("<td>{}</td>").format(text) for text in line))
        for line in body
    )
    kind = Markup(' class="prose"') if prose else ""
    return Markup("<table{}><thead><tr>{}</tr></thead>\n<tbody>{}</tbody></table>").format(kind, heads, rows)


def picture(png: bytes, caption: str) -> Markup:
    """A PNG and what it shows."""
    data = base64.b64encode(png).decode()
    return Markup('<figure><img alt="{}" src="data:image/png;base64,{}"><figcaption>{}</figcaption></figure>').format(
        caption, data, caption
    )


def cards(*parts: Markup) -> Markup:
    """Figures side by side, as many as there is room for."""
    return Markup('<div class="cards">{}</div>').format(Markup().join(parts))


def row(*plots: Markup) -> Markup:
    """Plots below their captions, as many side by side as there is room for."""
    return Markup('<div class="row">{}</div>').format(Markup("\n").join(plots))


def legend(*lines: tuple[str, str, str]) -> Markup:
    """What the lines of all plots below are: of each its name, its colour and "solid", "dashed" or "dotted"."""
    marks = Markup("\n").join(
        Markup('<span><i style="border-top: 3px {} {}"></i>{}</span>').format(dashes, colour, name)
        for name, colour, dashes in lines
    )
    return Markup('<div class="legend">{}</div>').format(marks)


def details(summary: str, *parts: Markup) -> Markup:
    """What is shown only to who asks for it."""
    return Markup("<details><summary>{}</summary>{}</details>").format(summary, Markup("\n").join(parts))
