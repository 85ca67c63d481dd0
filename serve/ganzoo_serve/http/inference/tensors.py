"""Tensors from JSON or bytes and back: row-major, little-endian, checked before anything is made of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ganzoo_serve.errors import did_you_mean
from ganzoo_serve.http.inference.body import InferRequest, InputTensor
from ganzoo_serve.http.inference.signature import DTYPES, Face, N, Spec
from ganzoo_serve.http.problem import Problem

Array = npt.NDArray[Any]

# What may be sent in place of what a tensor is: JSON has no half precision, bytes do.
_ALSO = {"FP32": ("FP16",)}


def read_all(request: InferRequest, binary: memoryview, face: Face, *, most: int) -> dict[str, Array]:
    """The inputs by name: float32 or int64, as the face has them. Raises Problem 400, or 422 for more than ``most`` images."""
    specs, read = {spec.name: spec for spec in face.inputs}, dict[str, Array]()
    images: int | None = None
    start = 0
    for index, tensor in enumerate(request.inputs):
        loc = ("body", "inputs", index)
        spec = specs.get(tensor.name)
        if spec is None:
            raise refusal(loc, _unknown("input", tensor.name, face, specs))
        if tensor.name in read:
            raise refusal(loc, f"Input '{spec.name}' is there twice.")
        _check_type(tensor, spec, loc)
        count = _check_shape(tensor, spec, loc)
        if count is not None:
            if count > most:
                raise refusal(loc, f"More than {most} images: expected 1 ... {most}.", status=422)
            if images not in (None, count):
                raise refusal(loc, f"Input '{spec.name}' is for {count} images, another for {images}.")
            images = count
        size = _binary_size(tensor, loc)
        if size is None:
            read[spec.name] = _from_json(tensor, spec, loc)
        else:
            read[spec.name] = _from_bytes(tensor, binary[start : start + size], size, spec, loc)
            start += size
    if start != len(binary):
        raise Problem(400, f"{len(binary)} bytes follow the JSON: expected {start}, as its tensors say.")
    for spec in face.inputs:
        if not spec.optional and spec.name not in read:
            raise refusal(("body", "inputs"), f"Model '{face.name}' needs input '{spec.name}'.")
    return read


def wanted(request: InferRequest, face: Face) -> list[tuple[Spec, bool]]:
    """The outputs to send, and whether as bytes. Raises Problem 400."""
    specs = {spec.name: spec for spec in face.outputs}
    everything = _flag(request.parameters, "binary_data_output", ("body", "parameters"))
    if not request.outputs:
        return [(spec, everything is True) for spec in specs.values()]
    found: dict[str, tuple[Spec, bool]] = {}
    for index, output in enumerate(request.outputs):
        loc = ("body", "outputs", index)
        spec = specs.get(output.name)
        if spec is None:
            raise refusal(loc, _unknown("output", output.name, face, specs))
        if output.name in found:
            raise refusal(loc, f"Output '{output.name}' is asked for twice.")
        for name in ("classification", "shared_memory_region"):
            if name in (output.parameters or {}):
                raise refusal(loc, f"There is no {name} here: see /v2 for the extensions there are.")
        own = _flag(output.parameters, "binary_data", loc)
        found[output.name] = (spec, (everything if own is None else own) is True)
    return list(found.values())


def document(spec: Spec, array: Array | Sequence[Array], *, binary: bool) -> dict[str, Any]:
    """An output as the reply's JSON has it. ``array`` may be a sequence of rows."""
    shape = [len(array), *spec.shape[1:]]
    described: dict[str, Any] = {"name": spec.name, "datatype": spec.datatype, "shape": shape}
    if binary:
        size = math.prod(shape) * DTYPES[spec.datatype].itemsize
        return described | {"parameters": {"binary_data_size": size}}
    return described | {"data": [value for row in array for value in row.ravel().tolist()]}


def rows(spec: Spec, array: Array | Sequence[Array]) -> list[bytes | memoryview]:
    """An output as bytes, in pieces."""
    dtype = DTYPES[spec.datatype]
    return [np.ascontiguousarray(row, dtype=dtype).data for row in array]


def refusal(loc: Sequence[str | int], message: str, *, status: int = 400) -> Problem:
    """What is wrong with a tensor."""
    return Problem(status, message, errors=[(loc, message)])


def _unknown(kind: str, name: str, face: Face, specs: dict[str, Spec]) -> str:
    hint = did_you_mean(name, specs) or f" It has {', '.join(specs)}."
    return f"Model '{face.name}' has no {kind} '{name[:64]}'.{hint}"


def _check_type(tensor: InputTensor, spec: Spec, loc: Sequence[str | int]) -> None:
    if tensor.datatype != spec.datatype and tensor.datatype not in _ALSO.get(spec.datatype, ()):
        raise refusal(loc, f"Input '{spec.name}' is {tensor.datatype}: expected {spec.datatype}.")
    if "shared_memory_region" in (tensor.parameters or {}):
        raise refusal(loc, "There is no shared memory here: see /v2 for the extensions there are.")


def _check_shape(tensor: InputTensor, spec: Spec, loc: Sequence[str | int]) -> int | None:
    """For how many images it is; None if it is for any number."""
    fits = len(tensor.shape) == len(spec.shape) and all(
        size >= 1 if axis == N else size == axis for size, axis in zip(tensor.shape, spec.shape, strict=True)
    )
    if not fits:
        expected = ", ".join("n" if axis == N else str(axis) for axis in spec.shape)
        raise refusal(loc, f"Input '{spec.name}' has shape {_short(tensor.shape)}: expected [{expected}].")
    return tensor.shape[0] if spec.shape[0] == N else None


def _binary_size(tensor: InputTensor, loc: Sequence[str | int]) -> int | None:
    size = (tensor.parameters or {}).get("binary_data_size")
    if (size is None) == (tensor.data is None):
        both = "neither data nor" if size is None else "both data and"
        raise refusal(loc, f"Input '{tensor.name}' has {both} parameters.binary_data_size.")
    if size is not None and (type(size) is not int or size < 0):
        raise refusal(loc, f"Input '{tensor.name}' has a binary_data_size that is no number of bytes.")
    return size


def _from_bytes(tensor: InputTensor, data: memoryview, size: int, spec: Spec, loc: Sequence[str | int]) -> Array:
    dtype = DTYPES[tensor.datatype]
    expected = math.prod(tensor.shape) * dtype.itemsize
    if size != expected or len(data) != size:
        has = f"{_short(size)} bytes" if size != expected else f"only {len(data)} bytes behind the JSON"
        raise refusal(loc, f"Input '{spec.name}' has {has}: expected {expected}.")
    # A copy: what comes may lie at any address, and is half as long for FP16.
    array: Array = np.frombuffer(data, dtype=dtype).reshape(tensor.shape).astype(_native(spec))
    return array


def _from_json(tensor: InputTensor, spec: Spec, loc: Sequence[str | int]) -> Array:
    if tensor.datatype == "FP16":
        raise refusal(loc, f"Input '{spec.name}' is FP16, which JSON has not: send it as binary, or FP32.")
    values = _flat(tensor, loc)
    kinds: tuple[type, ...] = (int,) if spec.datatype == "INT64" else (int, float)
    if not all(type(value) in kinds for value in values):
        what = "whole numbers" if spec.datatype == "INT64" else "numbers"
        raise refusal(loc, f"Input '{spec.name}' holds something else than {what}.")
    try:
        wide = np.array(values, dtype=np.int64 if spec.datatype == "INT64" else np.float64)
    except OverflowError:
        raise refusal(loc, f"Input '{spec.name}' holds a number that {spec.datatype} has not.") from None
    with np.errstate(over="ignore"):  # infinity, which nothing lets pass
        array: Array = wide.reshape(tensor.shape).astype(_native(spec))
    return array


def _flat(tensor: InputTensor, loc: Sequence[str | int]) -> list[Any]:
    """The numbers of ``data``, flat or nested as its shape is."""
    values = tensor.data or []
    if values and isinstance(values[0], list):
        for size in tensor.shape[1:]:
            if not all(isinstance(inner, list) and len(inner) == size for inner in values):
                raise refusal(loc, f"The data of '{tensor.name}' are not nested as shape {_short(tensor.shape)} is.")
            values = [value for inner in values for value in inner]
    if len(values) != math.prod(tensor.shape):
        raise refusal(loc, f"Input '{tensor.name}' has {len(values)} numbers: shape {_short(tensor.shape)} has others.")
    return values


def _flag(parameters: dict[str, Any] | None, name: str, loc: Sequence[str | int]) -> bool | None:
    value = (parameters or {}).get(name)
    if value is not None and type(value) is not bool:
        raise refusal(loc, f"Parameter '{name}' is neither true nor false.")
    return value


def _native(spec: Spec) -> Any:
    return np.int64 if spec.datatype == "INT64" else np.float32


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
