"""Our own server as something to be measured: what to ask it, and whether what it answers is right."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ganzoo_serve.bench.asks import get, get_png, pixels, post_json
from ganzoo_serve.bench.process import ServerProcess
from ganzoo_serve.bench.tally import Ask, Tally
from ganzoo_serve.errors import ServeError
from ganzoo_serve.generator import Generator

IMAGES = 16  # of a request for raw ones
_JSON = {"content-type": "application/json"}
_BY_ITSELF = {"date", "transfer-encoding", "connection", "server"}  # what an HTTP server says without being told


@dataclass(frozen=True)
class Subject:
    """A server's model and two ways of asking for its images, each with headers and size of a typical reply."""

    base: str
    png: Ask
    raw: Ask
    raw_layout: str
    replies: dict[str, tuple[list[tuple[str, str]], int]]

    @classmethod
    def look_at(cls, server: ServerProcess) -> "Subject":
        """Find the one model of a server, and what it sends."""
        status, _, body = server.get("/v1/models")
        if status != 200:
            raise ServeError(f"/v1/models answers {status}, expected 200.\n{server.log()}")
        base = f"/v1/models/{json.loads(body)['data'][0]['id']}"
        png_reply = _good(server, "GET", f"{base}/images/0.png")
        # npy is the plainer of the two; older servers have npz only.
        for layout in ("npy", "npz"):
            document = {"seed": 10**9, "n": IMAGES, "layout": layout}
            reply = server.ask("POST", f"{base}/samples", body=json.dumps(document).encode(), headers=_JSON)
            if reply[0] == 200:
                break
        else:
            raise ServeError(f"{base}/samples answers {reply[0]} to {document}, expected 200.\n{server.log()}")
        asked = {**document, "seed": "SEED"}
        return cls(
            base,
            get_png(f"{base}/images/SEED.png"),
            post_json(f"{base}/samples", asked, images=IMAGES, begins=reply[2][:4], size=len(reply[2])),
            layout,
            {"png": _typical(*png_reply), "raw": _typical(*reply[1:])},
        )

    def again(self, seed: int, etag: str | None = None) -> Ask:
        """The same image for ever: whole, or 304 if its ``etag`` is sent along."""
        path = f"{self.base}/images/{seed}.png"
        return get(path, more=f"if-none-match: {etag}\r\n", status=304) if etag else get(path, begins=b"\x89PNG")


def check_pixels(tally: Tally, generator: Generator) -> int:
    """How many images were compared with those that the generator draws of the same seeds. Raises ServeError if one differs."""
    compared = 0
    for seed, body in tally.bodies.items():
        seeds = range(seed, seed + tally.ask.images)
        try:
            found = pixels(body)
        except (ValueError, OSError, KeyError) as error:
            raise ServeError(f"The reply for seed {seed} cannot be read as images: {error}.") from error
        if not np.array_equal(found, generator.sample(seeds)):
            raise ServeError(f"The reply for seeds {seed} ... {seeds[-1]} shows other images than the model draws.")
        compared += len(seeds)
    return compared


def _good(server: ServerProcess, method: str, path: str) -> tuple[dict[str, str], bytes]:
    status, headers, body = server.ask(method, path)
    if status != 200:
        raise ServeError(f"{path} answers {status}, expected 200.\n{server.log()}")
    return headers, body


def _typical(headers: Mapping[str, str], body: bytes) -> tuple[list[tuple[str, str]], int]:
    return [(name, value) for name, value in headers.items() if name not in _BY_ITSELF], len(body)
