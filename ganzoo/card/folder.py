"""The card's folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from ganzoo.card.text import card_text
from ganzoo.data.identity import public_name
from ganzoo.errors import ConfigError, GanzooError
from ganzoo.evaluation.keep import of_run
from ganzoo.evaluation.scores import Score
from ganzoo.runs.folder import RunFolder
from ganzoo.runs.showcase import COLUMNS, showcase
from ganzoo_serve.generator import Generator
from ganzoo_serve.images import grid, png
from ganzoo_serve.metadata import graph_sha256


def write_card(run: Path, model: Path, folder: Path, *, licence: str | None = None) -> Path:
    """Write ``README.md``, ``model.onnx``, ``samples.png`` and ``config.json`` into ``folder``; returns it.

    ``licence`` is that of the weights, an SPDX id in lower case as the hub writes it. Raises GanzooError if the folder cannot
    be written, ModelError if the model cannot be read.
    """
    scores = scores_of(RunFolder(run), model)
    generator = Generator.load(model)
    metadata = generator.metadata
    seeds, labels = showcase(len(metadata.classes or ()))
    images = generator.sample(seeds, classes=labels)
    if folder.resolve() == run.resolve():
        raise ConfigError(f"{folder} is the run itself; expected another folder for the card.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(model, folder / "model.onnx")
        (folder / "config.json").write_text(_public_config(run), encoding="utf-8")
        (folder / "samples.png").write_bytes(png(grid(images, COLUMNS)))
        (folder / "README.md").write_text(card_text(metadata, licence=licence, scores=scores), encoding="utf-8")
    except OSError as error:
        raise GanzooError(f"{folder} could not be written: {error.strerror}.") from error
    return folder


def scores_of(run: RunFolder, model: Path) -> tuple[Score, ...]:
    """What was measured of a run's exported file, whatever its metadata say now. Raises DataError for damaged scores."""
    graph = graph_sha256(model.read_bytes(), source=str(model))
    return tuple(score for e in of_run(run) if e.scored.graph_sha256 == graph for score in e.scores)


def _public_config(run: Path) -> str:
    """The run's ``config.json`` without what names places on the machine that it ran on."""
    document = json.loads((run / "config.json").read_text(encoding="utf-8"))
    config = document["config"]
    document["config"] = config | {"data_dir": None, "dataset": public_name(config["dataset"])}
    document.pop("origins", None)
    return json.dumps(document, indent=2) + "\n"
