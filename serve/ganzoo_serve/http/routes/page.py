"""The front page: a playground; without JavaScript, the models with a few of their pictures. Nothing comes from elsewhere."""

from html import escape
from string import Template

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from ganzoo_serve.http import page
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.replies import caching
from ganzoo_serve.http.routes.common import ServerState, ThisVisit
from ganzoo_serve.models.model import Model

router = APIRouter(include_in_schema=False)

_PICTURES = 8
# blob: pictures that take a key come by fetch.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


@router.get("/")
async def front_page(visit: ThisVisit, state: ServerState) -> Response:
    """The page. Whoever has no key where one is needed sees no models: the page asks for it."""
    sections = "" if visit.stranger else "\n".join(_section(model) for model in state.models.values())
    html = Template(page.html()).substitute(models=sections)
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"})


@router.get("/page/{name}")
async def page_file(request: Request, name: str) -> Response:
    """What the page is made of."""
    file = page.file(name)
    if file is None:
        raise Problem(404, "Nothing is here. See /docs for what is.")
    # Looked for again each time: another version of the server has others.
    headers = {"ETag": file.tag, "Cache-Control": "no-cache"}
    if caching.matches(request.headers.get("if-none-match", ""), file.tag):
        return Response(status_code=304, headers=headers)
    return Response(file.content, media_type=file.media_type, headers=headers)


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
