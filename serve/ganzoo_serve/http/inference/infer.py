"""An inference: tensors in, images out, by the same queue as everything else that is drawn."""

from __future__ import annotations

import json
import time
from typing import Any

import numpy as np
from starlette.types import Receive

from ganzoo_serve.engine.drawing import Drawing
from ganzoo_serve.errors import RequestError
from ganzoo_serve.http.inference import body, tensors
from ganzoo_serve.http.inference.body import InferRequest
from ganzoo_serve.http.inference.signature import Face, Spec
from ganzoo_serve.http.inference.tensors import Array
from ganzoo_serve.http.limits import MOST_LATENT, Limits
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.replies.reply import Reply, encode
from ganzoo_serve.http.requests import asking
from ganzoo_serve.http.requests.visit import Visit
from ganzoo_serve.http.server import Server
from ganzoo_serve.http.waiting import drawn, pixels

_JSON_TIMES = 16  # what a pixel takes as JSON while that is made, in bytes


async def answer(server: Server, visit: Visit, receive: Receive, face: Face) -> Reply:
    """The reply to an inference request, counted. Raises ServeErrors for what is refused, and ClientDisconnect."""
    began, success = time.perf_counter(), False
    try:
        reply = await _answer(server, visit, receive, face)
        success = True
        return reply
    finally:
        server.measures.inferred(face.name, time.perf_counter() - began, success=success)


async def _answer(server: Server, visit: Visit, receive: Receive, face: Face) -> Reply:
    request, binary = await body.read(visit, receive, face, server.limits)
    inputs = tensors.read_all(request, binary, face, most=server.limits.samples)
    outputs = tensors.wanted(request, face)
    drawing = _of_seeds(face, inputs) if face.sampler else _of_latents(face, inputs)
    _check_size(drawing, outputs, server.limits)
    images = await drawn(server, visit, receive, drawing, pixels)
    made: dict[str, Any] = {"images": images, "class": drawing.labels}
    if all(binary for _, binary in outputs):
        return _reply(face, request, outputs, made)  # a copy: quicker than a thread is woken
    return await server.engine.help(_reply, face, request, outputs, made)


def _of_latents(face: Face, inputs: dict[str, Array]) -> Drawing:
    z, label = inputs["z"], inputs.get("label")
    if not (np.abs(z) <= MOST_LATENT).all():  # false for NaN
        raise RequestError(f"z holds a number that is not within {MOST_LATENT:g} of 0.", loc=("inputs", "z"))
    labels = None if label is None else np.array(_classes(face, "label", label), dtype=np.int64)
    return Drawing.of_latents(face.model.generator, z, labels=labels, truncation=_truncation(inputs))


def _of_seeds(face: Face, inputs: dict[str, Array]) -> Drawing:
    given = inputs.get("class")
    classes = None if given is None else _classes(face, "class", given)
    generator = face.model.generator
    return Drawing.of_seeds(generator, inputs["seed"].tolist(), classes=classes, truncation=_truncation(inputs))


def _classes(face: Face, name: str, ids: Array) -> list[int]:
    resolve = face.model.generator.resolve_class
    return [resolve(value, loc=("inputs", name, index)) for index, value in enumerate(ids.tolist())]


def _truncation(inputs: dict[str, Array]) -> float | None:
    return float(inputs["truncation"][0]) if "truncation" in inputs else None


def _check_size(drawing: Drawing, outputs: list[tuple[Spec, bool]], limits: Limits) -> None:
    asking.check_size(len(drawing), drawing.generator, limits)
    image = drawing.generator.metadata.image
    pixels = len(drawing) * image.height * image.width * image.channels
    as_json = any(spec.name == "images" and not binary for spec, binary in outputs)
    if as_json and pixels * _JSON_TIMES > limits.reply_bytes:
        raise Problem(
            422,
            f"{pixels} numbers are too much JSON: ask for fewer images, or for them as binary ('binary_data': true).",
        )


def _reply(face: Face, request: InferRequest, outputs: list[tuple[Spec, bool]], made: dict[str, Any]) -> Reply:
    document = {"model_name": face.name, "model_version": face.model.rev}
    if request.id is not None:
        document["id"] = request.id
    described = [tensors.document(spec, made[spec.name], binary=binary) for spec, binary in outputs]
    content = json.dumps(document | {"outputs": described}).encode()
    headers = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    if any(binary for _, binary in outputs):
        headers["Content-Type"] = "application/octet-stream"
        headers["Inference-Header-Content-Length"] = str(len(content))
        parts = [part for spec, binary in outputs if binary for part in tensors.rows(spec, made[spec.name])]
        content = b"".join([content, *parts])
    return Reply(200, encode(headers), content)
