"""A model repository of Triton Inference Server: ``NAME/config.pbtxt``, ``NAME/1/model.onnx``, ``NAME/2/model.onnx`` ...

Every input has the batch dimension: where models are batched Triton's ONNX Runtime backend refuses any other, and what it batches
are requests of different users. So ``truncation`` is one number for each image, not the scalar of other files.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from onnx import TensorProto

from ganzoo.errors import ConfigError, ExportError
from ganzoo.files import write_whole
from ganzoo_serve.graph import Signature, expected_inputs, expected_outputs
from ganzoo_serve.metadata import ModelMetadata, read

_TYPES: dict[int, str] = {
    TensorProto.FLOAT: "TYPE_FP32",
    TensorProto.INT64: "TYPE_INT64",
    TensorProto.UINT8: "TYPE_UINT8",
}
# What the versions of a model share: the configuration speaks of these, and clients rely on them. Class names are among them:
# Triton has label files for outputs only.
_SHARED = {"image", "latent", "classes", "truncation", "output", "layout"}


def batched(metadata: ModelMetadata) -> ModelMetadata:
    """The metadata of a file whose every input has the batch dimension."""
    return metadata.model_copy(update={"truncation_per_image": metadata.truncation is not None})


def require_same_model(repository: Path, metadata: ModelMetadata) -> None:
    """Raise ConfigError if ``repository`` has a model of this name that is none of which this could be the next version."""
    folder = repository / metadata.name
    versions = _versions(folder)
    if not versions:
        return
    newest = read(folder / str(versions[-1]) / "model.onnx")
    found, ours = (document.model_dump(mode="json", include=_SHARED) for document in (newest, metadata))
    differences = [f"  {name}: {found[name]}, now {ours[name]}" for name in ours if found[name] != ours[name]]
    if differences:
        raise ConfigError(
            f"{folder} holds another model, whose next version this cannot be:\n" + "\n".join(differences) + "\n"
            "Give this one another name: '--name NAME'."
        )


def add_version(repository: Path, file: Path, metadata: ModelMetadata) -> Path:
    """Move ``file``, in the same file system, to the next version of its model; returns where it is now.

    A version appears whole, and takes a number of its own if another is added meanwhile. The configuration is written with the
    first version and left alone afterwards, edited or not. Raises ExportError if something cannot be written.
    """
    folder = repository / metadata.name
    # Not of digits first: Triton takes '2.partial' for version 2.
    partial = folder / f".{os.getpid()}.partial"
    try:
        partial.mkdir(parents=True)
        path = file.replace(partial / "model.onnx")
        configuration = folder / "config.pbtxt"
        if not (_versions(folder) and configuration.is_file()):
            write_whole(configuration, config(metadata))
        while True:
            number = max(_versions(folder), default=0) + 1
            try:
                return partial.rename(folder / str(number)) / path.name
            except OSError:
                if not (folder / str(number)).exists():
                    raise
    except OSError as error:
        raise ExportError(f"{folder} could not be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
        file.unlink(missing_ok=True)


def config(metadata: ModelMetadata) -> str:
    """The text of ``config.pbtxt``. Source: model_config.proto of Triton Inference Server."""
    shared = json.dumps(metadata.model_dump(mode="json", include=_SHARED))
    blocks = [
        f'name: "{metadata.name}"',
        'platform: "onnxruntime_onnx"',
        "# A dimension n comes before all others; 'reshape' takes away the one that Triton wants beside it.",
        "max_batch_size: 32",
        *_tensors("input", expected_inputs(metadata)),
        *_tensors("output", expected_outputs(metadata)),
        "# Requests wait for company, but no longer than a millisecond.",
        "dynamic_batching { preferred_batch_size: [ 8, 16, 32 ] max_queue_delay_microseconds: 1000 }",
        "# One on each GPU, or one on the CPU.",
        "instance_group [ { count: 1 kind: KIND_AUTO } ]",
        "version_policy { latest { num_versions: 1 } }",
        "# 1 is HEURISTIC: an exhaustive search would begin anew at every batch size.",
        'parameters { key: "cudnn_conv_algo_search" value { string_value: "1" } }',
        f'parameters {{ key: "ganzoo" value {{ string_value: {json.dumps(shared)} }} }}',
    ]
    return "\n".join(blocks) + "\n"


def _tensors(kind: str, signature: Signature) -> Iterator[str]:
    for name, (elem_type, (_, *sizes)) in signature.items():
        dims = f"dims: [ {', '.join(map(str, sizes))} ]" if sizes else "dims: [ 1 ] reshape { shape: [ ] }"
        yield f'{kind} {{ name: "{name}" data_type: {_TYPES[elem_type]} {dims} }}'


def _versions(folder: Path) -> list[int]:
    """Those that are there, in order."""
    if not folder.is_dir():
        return []
    return sorted(
        int(path.name) for path in folder.iterdir() if path.is_dir() and re.fullmatch("[1-9][0-9]*", path.name)
    )
