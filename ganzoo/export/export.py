"""From a run folder to a file, in one walk: checkpoint, averaged generator, graph, metadata, gate, name."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import onnx
import torch
from torch import nn

from ganzoo.config import TrainConfig
from ganzoo.data.identity import public_name
from ganzoo.errors import ConfigError, ExportError, RunError
from ganzoo.export.gate import Parity, gate, golden
from ganzoo.export.graph import to_onnx, without_parametrizations
from ganzoo.export.triton import add_version, batched, require_same_model
from ganzoo.nn import StyleBased, coarse
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.checkpoint import newest_checkpoint
from ganzoo.runs.folder import DataFacts, RunFolder
from ganzoo.runs.networks import Inputs, build_generator, settled
from ganzoo.sealed import read_sealed
from ganzoo.specs import ImageShape
from ganzoo_serve.metadata import (
    KEY,
    Dataset,
    Image,
    Latent,
    Layout,
    ModelMetadata,
    Output,
    Precision,
    Styles,
    Training,
    slug,
)

GOLDEN_SEEDS = (0, 1, 2, 3, 42)


@dataclass(frozen=True)
class ExportReport:
    """What was written: the file, its size in bytes, what it says of itself, and how well it agrees with torch.

    ``growth`` is a sentence about a generator that is not full-grown yet, else nothing.
    """

    path: Path
    size: int
    metadata: ModelMetadata
    parity: Parity
    growth: str = ""


def export_run(
    folder: Path,
    registry: Registry,
    *,
    path: Path | None = None,
    output: Output = "uint8",
    layout: Layout | None = None,
    precision: Precision = "fp32",
    name: str | None = None,
    licence: str | None = None,
    best: bool = False,
    triton: Path | None = None,
    stages: Stages | None = None,
) -> ExportReport:
    """Export the averaged generator of a run's newest good checkpoint, by default to ``RUN/model.onnx`` (``model-fp16.onnx``).

    ``best``: of the checkpoint that scored best instead, where the run was measured while it trained.
    ``output``: ``uint8`` images, ``layout`` ``nhwc`` (the default) or ``nchw``, or ``float`` images in [-1, 1], always
    ``nchw``. ``precision``: ``fp16`` for weights and arithmetic in half precision, which is for GPUs. ``licence`` of the
    weights: an SPDX id. ``triton``: a model
    repository instead of a ``path``, to which the next version of the model is added. Raises GanzooError; a file that does not
    pass the gate is not written, and one that was there stays.
    """
    if triton and path:
        raise ConfigError("A model repository or a file: leave '--triton' or '--out' out.")
    if output == "float" and layout == "nhwc":
        raise ConfigError("Float images are nchw: leave the layout out, or export uint8 images.")
    run = RunFolder(folder)
    resolved, facts = run.read_config()
    config = resolved.config
    if best and not run.best.is_file():
        raise RunError(f"{folder} has no best checkpoint: it was not measured while it trained ('--eval-every KIMG').")
    if best:
        tensors, counters = read_sealed(run.best)
    else:
        _, tensors, counters = newest_checkpoint(run.checkpoints, lambda text: print(text, file=sys.stderr))
    counts = facts.class_counts if config.conditional else ()
    shape = ImageShape(facts.channels, facts.height, facts.width)
    generator = build_generator(config, registry, shape, len(counts))
    weights = {k.removeprefix("G_ema."): v for k, v in tensors.items() if k.startswith("G_ema.")}
    try:
        generator.load_state_dict(weights)
    except RuntimeError as error:
        raise RunError(f"The checkpoint does not fit the generator of this configuration: {error}") from None
    growth = coarse(generator, counters["nimg"])
    metadata = describe(
        config, facts, registry, counters, output=output, layout=layout, precision=precision, name=name, licence=licence
    )
    if triton:
        metadata = batched(metadata)
        require_same_model(triton, metadata)
        path = triton / f".{metadata.name}.{os.getpid()}.onnx"  # Triton looks at folders only
    elif path is None:
        path = run.model if precision == "fp32" else run.model.with_stem(f"{run.model.stem}-{precision}")
    with (stages or Stages(quiet=True)).open() as shown:
        stage = shown.stage("Exporting", 4)
        generator = settled(generator, Inputs(config.z_dim, config.z_distribution, counts, torch.device("cpu")))
        stage.advance()
        report = export_generator(generator, metadata, path, advance=stage.advance)
    if triton:
        report = replace(report, path=add_version(triton, report.path, report.metadata))
    return replace(report, growth=growth)


def export_generator(
    generator: nn.Module, metadata: ModelMetadata, path: Path, *, advance: Callable[[], None] = lambda: None
) -> ExportReport:
    """Export a generator in evaluation mode under ``metadata`` (golden hashes are added). Raises ExportError.

    ``advance`` is called three times: when the graph is there, its golden images, and when it has passed the gate.
    """
    generator = without_parametrizations(generator)
    metadata = metadata.model_copy(update={"styles": _styles(generator, metadata)})
    model = to_onnx(generator, metadata)
    advance()
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    try:
        _write(model, metadata, partial)
        metadata = metadata.model_copy(update={"golden": golden(partial, GOLDEN_SEEDS)})
        advance()
        _write(model, metadata, partial)
        parity = gate(partial, generator, metadata)
        advance()
        partial.replace(path)
    except OSError as error:
        raise ExportError(f"{path} could not be written: {error.strerror}.") from error
    finally:
        partial.unlink(missing_ok=True)
    return ExportReport(path, path.stat().st_size, metadata, parity)


def describe(
    config: TrainConfig,
    facts: DataFacts,
    registry: Registry,
    counters: dict[str, int],
    *,
    output: Output = "uint8",
    layout: Layout | None = None,
    precision: Precision = "fp32",
    name: str | None = None,
    licence: str | None = None,
) -> ModelMetadata:
    """What the file will say of itself. Of a data set's path only the last part is told."""
    layout = layout or ("nchw" if output == "float" else "nhwc")
    data_name = public_name(config.dataset)
    architecture, loss = registry.architectures.get(config.architecture), registry.losses.get(config.loss)
    return ModelMetadata(
        name=slug(name) if name else _default_name(f"{config.recipe}-{data_name}", precision),
        image=Image(height=facts.height, width=facts.width, channels=facts.channels),
        latent=Latent(dim=config.z_dim, distribution=config.z_distribution),
        classes=facts.class_names if config.conditional else None,
        # Of other latents than normal ones nobody says how they are truncated.
        truncation=None
        if architecture.truncation == "z" and config.z_distribution != "normal"
        else architecture.truncation,
        output=output,
        layout=layout,
        precision=precision,
        licence=licence,
        dataset=Dataset(name=data_name, licence=facts.licence or None, images=facts.images, split="train"),
        training=Training(
            recipe=config.recipe,
            architecture=config.architecture,
            loss=config.loss,
            regularizers=tuple(config.regularizers),
            augmentation=", ".join(config.augmentations) or None,
            kimg=counters["nimg"] / 1000,
            steps=counters["g_steps"],
            seed=config.seed,
            precision=config.precision,
            paper=", ".join(paper for paper in (architecture.paper, loss.paper) if paper) or None,
        ),
        versions=_versions(),
    )


def _default_name(text: str, precision: Precision) -> str:
    """One for each precision, so that both can be served side by side."""
    ending = "" if precision == "fp32" else f"-{precision}"
    return slug(slug(text)[: 64 - len(ending)] + ending)


@torch.no_grad()
def _styles(generator: nn.Module, metadata: ModelMetadata) -> Styles | None:
    if not isinstance(generator, StyleBased):
        return None
    c = torch.zeros(1, dtype=torch.int64) if metadata.classes else None
    _, layers, dim = generator.cpu().mapping(torch.zeros(1, metadata.latent.dim), c).shape
    return Styles(layers=layers, dim=dim)


def _write(model: onnx.ModelProto, metadata: ModelMetadata, path: Path) -> None:
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {KEY: metadata.to_json()})
    onnx.save(model, str(path))


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in ("ganzoo", "torch", "onnx", "onnxscript", "onnxruntime-gpu", "onnxruntime"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
