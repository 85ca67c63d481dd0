"""The body of an inference request: JSON, then perhaps bytes."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import Receive

from ganzoo_serve.http.inference.signature import DTYPES, Face
from ganzoo_serve.http.limits import Limits
from ganzoo_serve.http.problem import Problem
from ganzoo_serve.http.requests import bodies
from ganzoo_serve.http.requests.visit import Visit

_LENGTH = "Inference-Header-Content-Length"
_NUMBER_BYTES = 64  # of JSON: a number of float64 has 24 digits and signs, and some like to indent

Parameters = Annotated[dict[str, Any] | None, Field(description="What of it is not known here is passed over.")]
Name = Annotated[str, Field(max_length=200)]


class _Member(BaseModel):
    # The protocol lets clients add members of their own.
    model_config = ConfigDict(extra="ignore", strict=True)


class InputTensor(_Member):
    """``data``, flat or nested, or ``parameters.binary_data_size`` for as many bytes behind the JSON."""

    name: Name
    shape: Annotated[list[int], Field(max_length=8)]
    datatype: Annotated[str, Field(max_length=16)]
    parameters: Parameters = None
    data: list[Any] | None = None


class OutputTensor(_Member):
    """``parameters.binary_data`` asks for bytes instead of JSON."""

    name: Name
    parameters: Parameters = None


class InferRequest(_Member):
    """``parameters.binary_data_output`` asks for all outputs as bytes. Without ``outputs`` all there are."""

    id: Annotated[str | None, Field(max_length=1000, description="Comes back.")] = None
    parameters: Parameters = None
    inputs: Annotated[list[InputTensor], Field(min_length=1, max_length=16)]
    outputs: Annotated[list[OutputTensor] | None, Field(max_length=16)] = None


async def read(visit: Visit, receive: Receive, face: Face, limits: Limits) -> tuple[InferRequest, memoryview]:
    """The request and the bytes behind its JSON. Raises Problem 400, 413, 415 (compressed), ClientDisconnect."""
    encoding = visit.field(b"content-encoding")
    if encoding not in ("", "identity"):
        raise Problem(415, f"The body is compressed ('{encoding[:40]}'): expected it as it is.")
    body = memoryview(await bodies.read_bytes(visit, receive, limits.tensor_bytes))
    length = _json_length(visit, len(body))
    if length is None:
        return _raw(face, len(body)), body
    most = _most_json(face, limits)
    if length > most:
        raise Problem(
            413, f"The JSON is too large: this model's needs no more than {most} bytes. Send tensors as binary."
        )
    document = bodies.parse(bytes(body[:length]), depth=limits.json_depth)
    return bodies.validate(document, InferRequest, status=400), body[length:]


def _json_length(visit: Visit, size: int) -> int | None:
    """How much of the body is JSON; None if it is nothing but a tensor."""
    text = visit.field(_LENGTH.lower().encode())
    if not text:
        return size
    if not re.fullmatch(r"[0-9]{1,18}", text, re.ASCII) or int(text) > size:
        raise Problem(400, f"{_LENGTH} is '{text[:40]}': expected the bytes of JSON, of the {size} of the body.")
    return int(text) or None


def _most_json(face: Face, limits: Limits) -> int:
    """Parsed JSON takes many times its room, so that no more is let in than the largest request has use for."""
    numbers = sum(limits.samples * spec.row for spec in face.inputs)
    return limits.body_bytes + numbers * _NUMBER_BYTES


def _raw(face: Face, size: int) -> InferRequest:
    """The request of a body that is nothing but the one tensor a model needs; it is answered in kind."""
    needed = [spec for spec in face.inputs if not spec.optional]
    if len(needed) != 1:
        names = " and ".join(spec.name for spec in needed)
        raise Problem(400, f"Model '{face.name}' needs {names}: a body of one tensor and no JSON is too little.")
    (spec,) = needed
    row = spec.row * DTYPES[spec.datatype].itemsize
    if not size or size % row:
        raise Problem(400, f"{size} bytes are no rows of '{spec.name}', which have {row} each.")
    shape = [size // row, *spec.shape[1:]]
    tensor = InputTensor(name=spec.name, shape=shape, datatype=spec.datatype, parameters={"binary_data_size": size})
    return InferRequest(inputs=[tensor], parameters={"binary_data_output": True})
