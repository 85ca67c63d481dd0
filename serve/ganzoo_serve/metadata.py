"""What an exported model says about itself: one JSON document in its ``metadata_props["ganzoo"]``.

Written by ``ganzoo export``, read by everything else. Fields may be added: older readers ignore them. A change that
they must not ignore raises ``SCHEMA``, and they refuse the file.
"""

import hashlib
import re
import stat
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeAlias

import onnx
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ganzoo_serve.errors import ModelError
from ganzoo_serve.graph import EXPORT_HINT, check_graph
from ganzoo_serve.seeds import LATENT_SCHEME, MAX_SEED, Distribution

SCHEMA: Final = 1
KEY = "ganzoo"  # in metadata_props
_MOST_BYTES = 2**31 - 1  # of a protobuf message
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")  # what a model may be called: safe in a URL and as a file name

ClassName = Annotated[str, Field(min_length=1, max_length=200)]
Size = Annotated[int, Field(ge=1, le=16384)]
Output: TypeAlias = Literal["uint8", "float"]
Layout: TypeAlias = Literal["nhwc", "nchw"]
Precision: TypeAlias = Literal["fp32", "fp16"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class Image(_Record):
    """The images a model makes. Pixels; channels are grey (1), RGB (3) or RGBA (4)."""

    height: Size
    width: Size
    channels: Literal[1, 3, 4]

    @property
    def mode(self) -> str:
        """The channels in words."""
        return {1: "grey", 3: "RGB", 4: "RGBA"}[self.channels]


class Latent(_Record):
    """Where z comes from. ``scheme`` is the version of the way from seeds to latents: see ``ganzoo_serve.seeds``."""

    dim: Annotated[int, Field(ge=1, le=65536)]
    distribution: Distribution = "normal"
    scheme: Literal[1] = LATENT_SCHEME


class Styles(_Record):
    """The intermediate latent of a style-based model: the tensor ``w`` of its graph, float32 (n, ``layers``, ``dim``)."""

    layers: Annotated[int, Field(ge=1, le=256)]
    dim: Annotated[int, Field(ge=1, le=65536)]


class Dataset(_Record):
    """What the model was trained on. ``images`` counts them; ``licence`` is an SPDX id where there is one."""

    name: str
    licence: str | None = None
    images: Annotated[int, Field(ge=1)] | None = None
    source: str | None = None
    split: str | None = None


class Training(_Record):
    """How it was trained. ``kimg`` is thousands of real images shown to D, ``steps`` generator updates."""

    recipe: str | None = None
    architecture: str | None = None
    loss: str | None = None
    regularizers: tuple[str, ...] = ()
    augmentation: str | None = None
    kimg: Annotated[float, Field(ge=0)] | None = None
    steps: Annotated[int, Field(ge=0)] | None = None
    seed: int | None = None
    precision: str | None = None
    paper: str | None = None


class ModelMetadata(_Record):
    """Everything a reader of the file needs and the graph does not say.

    ``output`` is uint8, or float32 in [-1, 1]; ``layout`` is the order of its axes: nhwc or nchw of uint8 images (nhwc where
    a file does not say), always nchw of float ones.
    ``precision`` is what the graph computes most of an image in; inputs and images have the same types in either.
    ``truncation_per_image``: the input ``truncation`` is (n,), one for each image, and not one for all of them.
    ``golden`` maps a seed (in decimal) to the sha256, in hex, of that image's raw uint8 (h, w, c) bytes: class from the
    seed, truncation off. ``metrics`` are free-form records: ``{"name": "fid", "value": 12.3, "samples": 50000}``.
    """

    schema_number: Literal[1] = Field(default=1, alias="schema")
    name: str
    image: Image
    latent: Latent
    classes: Annotated[tuple[ClassName, ...], Field(max_length=100_000)] | None = None
    truncation: Literal["z", "w"] | None = None
    truncation_per_image: bool = False
    styles: Styles | None = None
    output: Output = "uint8"
    layout: Layout = "nhwc"
    precision: Precision = "fp32"
    licence: str | None = None
    dataset: Dataset | None = None
    training: Training | None = None
    metrics: tuple[dict[str, JsonValue], ...] = ()
    versions: dict[str, str] = {}
    golden: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]] = {}

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    @model_validator(mode="before")
    @classmethod
    def _float_images_are_nchw(cls, document: Any) -> Any:
        if isinstance(document, dict) and document.get("output") == "float":
            return {"layout": "nchw"} | document
        return document

    @field_validator("layout")
    @classmethod
    def _layout_fits_the_output(cls, layout: Layout, info: ValidationInfo) -> Layout:
        if layout == "nhwc" and info.data.get("output") == "float":
            raise ValueError("float images are nchw: leave the layout out, or choose uint8")
        return layout

    @field_validator("name")
    @classmethod
    def _name_is_safe(cls, name: str) -> str:
        if not NAME.fullmatch(name):
            raise ValueError(f"{name!r} must match {NAME.pattern}; make one with ganzoo_serve.metadata.slug()")
        return name

    @field_validator("classes")
    @classmethod
    def _classes_are_distinct(cls, classes: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if classes is not None and not 1 <= len(set(classes)) == len(classes):
            raise ValueError("class names must be distinct, and at least one; a model without classes has null here")
        return classes

    @field_validator("golden")
    @classmethod
    def _golden_keys_are_seeds(cls, golden: dict[str, str]) -> dict[str, str]:
        for seed in golden:
            if not re.fullmatch(r"0|[1-9][0-9]{0,15}", seed) or int(seed) > MAX_SEED:
                raise ValueError(f"golden key {seed!r} is not a seed (0 ... {MAX_SEED}, in decimal)")
        return golden

    def to_json(self) -> str:
        """The document to store under ``metadata_props["ganzoo"]``; ``parse`` gives the same record back."""
        return self.model_dump_json(by_alias=True)


def parse(text: str, *, source: str = "the metadata") -> ModelMetadata:
    """The record from its JSON. Raises ModelError, naming ``source`` and each field that is wrong."""
    try:
        return ModelMetadata.model_validate_json(text)
    except ValidationError as error:
        findings = [(".".join(map(str, finding["loc"])), finding["msg"]) for finding in error.errors()]
        if any(field in ("schema", "latent.scheme") for field, _ in findings):
            raise ModelError(
                f"{source} was written by a newer ganzoo: expected schema {SCHEMA}, latent scheme {LATENT_SCHEME}.\n"
                "Upgrade: 'pip install --upgrade ganzoo-serve'."
            ) from error
        lines = "\n".join(f"  {field or 'document'}: {message}" for field, message in findings[:10])
        raise ModelError(f"{source} has metadata that cannot be read:\n{lines}\n{EXPORT_HINT}") from error


def read(path: str | Path) -> ModelMetadata:
    """The metadata of an exported model, once its graph is seen to keep the promises it makes; runs nothing.

    Raises ModelError, naming the file, what is missing or wrong and what was expected.
    """
    return read_bytes(load_bytes(path), source=str(path))


def load_bytes(path: str | Path) -> bytes:
    """The whole file. Raises ModelError: it cannot be read, is no file (a pipe would be waited for), or is too large for ONNX."""
    path = Path(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise ModelError(f"{path} cannot be read (not a regular file). Expected an .onnx file.\n{EXPORT_HINT}")
        if status.st_size > _MOST_BYTES:
            raise ModelError(f"{path} is larger than the 2 GiB that an ONNX file may have.\n{EXPORT_HINT}")
        return path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}). Expected an .onnx file.\n{EXPORT_HINT}") from error


def read_bytes(data: bytes, *, source: str) -> ModelMetadata:
    """As ``read``, from the file's content; ``source`` names it in errors."""
    model = _decode(data, source)
    documents = [prop.value for prop in model.metadata_props if prop.key == KEY]
    if not documents:
        raise ModelError(f"{source} has no ganzoo metadata: it was not written by ganzoo.\n{EXPORT_HINT}")
    metadata = parse(documents[0], source=source)
    check_graph(model, metadata, source=source)
    return metadata


def graph_sha256(data: bytes, *, source: str = "the model") -> str:
    """The sha256, in hex, of an exported model without what it says of itself: of its graph and weights alone.

    It stays when metadata are added to a file and changes with any bit of a weight; nhwc and nchw are two graphs. ``data`` is
    the file's content. Raises ModelError, naming ``source``, if that is no ONNX file.
    """
    model = _decode(data, source)
    del model.metadata_props[:]
    return hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()


def _decode(data: bytes, source: str) -> onnx.ModelProto:
    try:
        model = onnx.load_model_from_string(data)
    except (DecodeError, RuntimeError, ValueError) as error:
        raise ModelError(f"{source} is not an ONNX file, or a damaged one.\n{EXPORT_HINT}") from error
    if not model.ir_version or not model.graph.node:  # protobuf reads an empty file as an empty model
        raise ModelError(f"{source} is not an ONNX file: it holds no graph.\n{EXPORT_HINT}")
    return model


def slug(text: str) -> str:
    """The nearest name a model may have: lower case, the odd becomes ``-``. Raises ValueError if nothing is left."""
    name = re.sub(r"[^a-z0-9._-]+", "-", text.casefold()).strip("-._")[:64]
    if not name:
        raise ValueError(f"No model name can be made of {text!r}: expected some letters a-z or digits.")
    return name


__all__ = [
    "Dataset",
    "Image",
    "Latent",
    "Layout",
    "ModelMetadata",
    "Output",
    "Precision",
    "Training",
    "graph_sha256",
    "load_bytes",
    "parse",
    "read",
    "read_bytes",
    "slug",
]
