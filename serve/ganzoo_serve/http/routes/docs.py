"""/docs: Swagger UI over /openapi.json, from files that are installed here, so that it works without the internet.

FastAPI's own page loads them from a CDN and starts them by an inline script, which no strict policy allows.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.responses import HTMLResponse, Response

from ganzoo_serve.http.replies import refusals
from ganzoo_serve.http.requests.keys import PROBES

router = APIRouter(include_in_schema=False)

# Swagger UI styles its elements inline and has its icons as data.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'"
)
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>ganzoo: routes</title><link rel="stylesheet" href="docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div><script src="docs/swagger-ui.js"></script><script src="docs/start.js"></script></body>
</html>
"""
_START = "SwaggerUIBundle({url: 'openapi.json', dom_id: '#swagger-ui', deepLinking: true, validatorUrl: null});\n"


_KEYS = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def complete(app: FastAPI, *, keys: bool) -> None:
    """Let /openapi.json say what the framework cannot know: how refusals look, and if there are ``keys``, where they go.

    Then /docs asks for one. A route's title is the first sentence of what is said of it.
    """
    described = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        document = described()
        parts = document.setdefault("components", {})
        parts.setdefault("schemas", {})["Problem"] = refusals.SCHEMA
        for operation in [each for methods in document["paths"].values() for each in methods.values()]:
            title, _, rest = operation.pop("description").partition(". ")
            operation["summary"] = title.removesuffix(".").replace("``", "")
            if rest:
                operation["description"] = rest
        if keys:
            parts["securitySchemes"] = _KEYS
            document["security"] = [{name: []} for name in _KEYS]
            for path in PROBES:
                document["paths"][path]["get"]["security"] = []
        return document

    app.openapi = openapi  # type: ignore[method-assign]


@router.get("/docs")
async def docs() -> Response:
    """The page; everything it loads lies below /docs, beside /openapi.json."""
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@router.get("/docs/start.js")
async def start() -> Response:
    """The one line that starts it."""
    return Response(_START, media_type="text/javascript")


@router.get("/docs/swagger-ui.js")
def script() -> Response:
    """Swagger UI itself."""
    return _installed("swagger-ui-bundle.js", "text/javascript")


@router.get("/docs/swagger-ui.css")
def style() -> Response:
    """Its looks."""
    return _installed("swagger-ui.css", "text/css")


def _installed(name: str, media_type: str) -> Response:
    content = (files("fastapi_offline") / "static" / name).read_bytes()
    return Response(content, media_type=media_type, headers={"Cache-Control": "max-age=86400"})
