"""From a generator's file to an encoder's file, with the errors to report."""

from __future__ import annotations

import importlib.metadata
from dataclasses import asdict
from pathlib import Path

from ganzoo import GanzooError, ImageData, Size
from ganzoo.files import write_whole
from ganzoo_inversion.encoder_file import Encoder, EncoderMetadata, check, serialize
from ganzoo_inversion.measure import held_out_errors, image_errors, sentence
from ganzoo_inversion.model import Model
from ganzoo_inversion.training import Training, train_encoder
from ganzoo_serve.runtime import Device

REAL_IMAGES = 1000  # of a test split, the first


def learn(
    model_file: Path,
    out: Path,
    training: Training,
    *,
    device: Device = "auto",
    dataset: str | None = None,
    data_dir: Path | None = None,
) -> list[str]:
    """Train an encoder for ``model_file`` and write it to ``out``; lines to print: the errors, and the file.

    ``dataset`` names real images for a further error. Raises GanzooError; a file that does not agree with torch is not
    written, and one that was there stays.
    """
    model = Model(model_file, device=device)
    # Asked for before the work: a misspelt name should not cost it.
    real = None if dataset is None else _real_images(dataset, model, data_dir)
    generator = model.generator
    network = train_encoder(model, training)
    metadata = EncoderMetadata(
        generator=generator.name,
        generator_sha256=model.graph_sha256,
        image=model.image,
        latent=model.latent,
        classes=model.classes or None,
        training=asdict(training) | {"kimg": training.steps * training.batch_size / 1000, "paper": "arXiv:1406.2661"},
        versions={name: importlib.metadata.version(name) for name in ("torch", "onnx")},
    )
    data = serialize(network, metadata)
    difference = check(data, network, generator.sample(range(17)))
    encoder = Encoder(data, metadata, source="the encoder", device=device)
    errors = held_out_errors(encoder, generator)
    data = serialize(network, metadata.model_copy(update={"held_out": errors}))
    lines = [f"held-out samples, {sentence(errors)}"]
    if real is not None:
        labels = real.labels if real.class_names == model.classes else None
        lines.append(f"{dataset}, test, {sentence(image_errors(encoder, generator, real.images, labels))}")
    _write(out, data)
    size = f"{len(data) / 1e6:.2f} MB"
    return [*lines, f"{out}: encoder of {generator.name}, {size}; against torch largest difference {difference:.1g}."]


def _real_images(name: str, model: Model, data_dir: Path | None) -> ImageData:
    from ganzoo import get_registry
    from ganzoo.data import load_dataset

    image = model.image
    size = Size(image.height, image.width)
    data = load_dataset(name, get_registry(), split="test", resolution=size, channels=image.channels, data_dir=data_dir)
    labels = None if data.labels is None else data.labels[:REAL_IMAGES]
    return ImageData(images=data.images[:REAL_IMAGES], labels=labels, class_names=data.class_names)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)
    except OSError as error:
        raise GanzooError(f"{path} could not be written: {error.strerror}.") from error
