"""The front page: the models and a few of their pictures. Plain HTML that loads nothing but images from here."""

import base64
import hashlib
from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from ganzoo_serve.http.routes.common import ServerState
from ganzoo_serve.models.model import Model

router = APIRouter(include_in_schema=False)

_PICTURES = 8
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
img { width: 96px; height: auto; margin: 0 6px 6px 0; image-rendering: pixelated }
code { font-size: 0.9em }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = f"default-src 'none'; img-src 'self'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'"


@router.get("/")
async def page(state: ServerState) -> Response:
    """Every model with its first few seeds."""
    sections = "\n".join(_section(model) for model in state.models.values())
    html = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>ganzoo</title>
<style>{_STYLE}</style></head>
<body>
<h1>ganzoo</h1>
<p>Every image has an address; change the number in it.
<a href="docs">All routes</a>, <a href="v1/models">models as JSON</a>.</p>
{sections}
</body>
</html>
"""
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


def _section(model: Model) -> str:
    metadata, image = model.generator.metadata, model.generator.metadata.image
    facts = [f"{image.width} x {image.height}"]
    if metadata.classes is not None:
        facts.append(f"{len(metadata.classes)} classes: {', '.join(metadata.classes[:12])}")
    if metadata.dataset is not None:
        facts.append(f"trained on {metadata.dataset.name}")
    # Relative, so that the page also works below a proxy's prefix.
    base = f"v1/models/{model.name}@{model.rev}"
    pictures = "".join(
        f'<a href="{base}/images/{seed}.png"><img src="{base}/images/{seed}.png" alt="seed {seed}" loading="lazy"></a>'
        for seed in range(_PICTURES)
    )
    return f'<h2><a href="{base}">{model.name}</a></h2>\n<p>{escape("; ".join(facts))}</p>\n<p>{pictures}</p>'
