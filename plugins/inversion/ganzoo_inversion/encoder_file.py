"""An encoder as one ONNX file that says which generator it belongs to, refused unless it agrees with torch."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import onnx
import torch
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from onnx import helper
from pydantic import BaseModel, ConfigDict, ValidationError

from ganzoo import ConfigError, GanzooError
from ganzoo_inversion.model import Model
from ganzoo_inversion.network import EncoderNetwork, to_onnx
from ganzoo_serve.metadata import Image, Latent, load_bytes
from ganzoo_serve.runtime import Device, create_session

KEY = "ganzoo-encoder"  # in metadata_props
BATCHES = (1, 2, 3, 8, 17)
TOLERANCE = 1e-4  # of values that are about 1
AT_ONCE = 64


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Errors(_Record):
    """How well images come back: means over ``images`` of them.

    ``z_mse`` per component of z, ``z_r2`` the share of Var z that is explained, ``image_mse`` per pixel of 0 ... 255, ``psnr``
    in dB of that mean, ``accuracy`` the share of classes that were told rightly; None where the truth is not known.
    """

    images: int
    image_mse: float
    psnr: float | None  # None: no error at all
    z_mse: float | None = None
    z_r2: float | None = None
    accuracy: float | None = None


class EncoderMetadata(_Record):
    """What an encoder's file says of itself: whose it is, what goes in and out, how it was trained and how well it does.

    ``generator_sha256`` is of the graph and weights alone (``ganzoo_serve.metadata.graph_sha256``).
    """

    schema_number: Literal[1] = 1
    generator: str
    generator_sha256: str
    image: Image
    latent: Latent
    classes: tuple[str, ...] | None = None
    training: dict[str, float | int | str] = {}
    held_out: Errors | None = None
    versions: dict[str, str] = {}


class Encoder:
    """An encoder's file, ready to run. Raises GanzooError, ConfigError if it belongs to another model."""

    def __init__(self, data: bytes, metadata: EncoderMetadata, *, source: str, device: Device = "auto") -> None:
        self.metadata = metadata
        self._session = create_session(data, device=device, source=source)

    @classmethod
    def load(cls, path: Path, model: Model, *, device: Device = "auto") -> Encoder:
        """The encoder in ``path``, which must have been trained for this very generator: for the same graph and weights."""
        if not path.is_file():
            raise ConfigError(f"There is no encoder {path}. Make one: 'ganzoo encoder {model.path} -o {path}'.")
        data = load_bytes(path)
        metadata = read(data, source=str(path))
        if metadata.generator_sha256 != model.graph_sha256:
            raise ConfigError(
                f"{path} is the encoder of another model: of {metadata.generator} ({metadata.generator_sha256[:12]}), "
                f"not of {model.path} ({model.graph_sha256[:12]}).\n"
                f"Expected one made by 'ganzoo encoder {model.path}'."
            )
        return cls(data, metadata, source=str(path), device=device)

    def encode(self, images: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int64] | None]:
        """uint8 (n, h, w, c) -> z (n, z_dim), and the likeliest class (n,) if there are classes."""
        parts = [
            self._session.run(None, {"images": images[first : first + AT_ONCE]})
            for first in range(0, len(images), AT_ONCE)
        ]
        z, *logits = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        return z, logits[0].argmax(axis=1) if logits else None


def read(data: bytes, *, source: str) -> EncoderMetadata:
    """The metadata of an encoder's file. Raises GanzooError if it is none."""
    hint = "Expected a file written by 'ganzoo encoder MODEL'."
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, RuntimeError, ValueError) as error:
        raise GanzooError(f"{source} is not an ONNX file, or a damaged one.\n{hint}") from error
    documents = [prop.value for prop in model.metadata_props if prop.key == KEY]
    if not documents:
        raise GanzooError(f"{source} is no encoder: it has no metadata '{KEY}'.\n{hint}")
    try:
        return EncoderMetadata.model_validate_json(documents[0])
    except ValidationError as error:
        fields = ", ".join(".".join(map(str, finding["loc"])) for finding in error.errors()[:5])
        raise GanzooError(f"{source} has encoder metadata that cannot be read ({fields}).\n{hint}") from error


def serialize(network: EncoderNetwork, metadata: EncoderMetadata) -> bytes:
    """The file's content."""
    model = to_onnx(network, metadata.image, num_classes=len(metadata.classes or ()))
    helper.set_model_props(model, {KEY: metadata.model_dump_json()})
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def check(data: bytes, network: EncoderNetwork, images: npt.NDArray[np.uint8]) -> float:
    """The largest difference between the file and torch on batches of 1, 2, 3, 8 and 17 of ``images`` (n, h, w, c), n >= 17.

    Raises GanzooError if it is more than 1e-4, relative to outputs larger than 1.
    """
    session = create_session(data, device="cpu", source="the encoder")
    network = network.cpu().eval()
    largest = 0.0
    for batch in BATCHES:
        with torch.no_grad():
            expected = torch.cat(network(torch.from_numpy(images[:batch])), dim=1).numpy()
        got = np.concatenate(session.run(None, {"images": images[:batch]}), axis=1)
        if got.shape != expected.shape:
            raise GanzooError(f"At batch {batch} the encoder's file gives {got.shape}, torch {expected.shape}.")
        largest = max(largest, float((np.abs(got - expected) / np.maximum(np.abs(expected), 1)).max()))
    if not largest <= TOLERANCE:  # also for NaN
        raise GanzooError(
            f"The encoder's file and torch disagree by {largest:g}; expected {TOLERANCE:g} at most. "
            "Nothing was written. Did the training diverge? Try fewer '--steps'."
        )
    return largest
