"""Model cards: a folder in the layout of a Hugging Face model repository, ready to be looked at, served or uploaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from ganzoo.errors import ConfigError, GanzooError
from ganzoo.evaluation.keep import of_run
from ganzoo.evaluation.scores import Protocol, Score, show
from ganzoo.evaluation.tables import cell, table
from ganzoo.runs.folder import RunFolder, public_name
from ganzoo.runs.showcase import COLUMNS, showcase
from ganzoo_serve.generator import Generator
from ganzoo_serve.images import grid, png
from ganzoo_serve.metadata import ModelMetadata, graph_sha256


def write_card(run: Path, model: Path, folder: Path, *, licence: str | None = None) -> Path:
    """Write ``README.md``, ``model.onnx``, ``samples.png`` and ``config.json`` into ``folder``; returns it.

    ``licence`` is that of the weights, an SPDX id in lower case as the hub writes it. Raises GanzooError if the folder cannot
    be written, ModelError if the model cannot be read.
    """
    scores = scores_of(RunFolder(run), model)
    with Generator.load(model) as generator:
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


def card_text(metadata: ModelMetadata, *, licence: str | None = None, scores: Sequence[Score] = ()) -> str:
    """The card: YAML front matter as huggingface_hub understands it, then what a reader wants to know."""
    import warnings

    from huggingface_hub import EvalResult, ModelCardData

    task = "unconditional-image-generation"
    data = metadata.dataset.name if metadata.dataset else "unknown"
    results = [
        EvalResult(
            task_type=task,
            dataset_type=data,
            dataset_name=data,
            metric_type=str(metric["name"]),
            metric_value=metric["value"],
        )
        for metric in metadata.metrics
    ]
    results += [
        EvalResult(
            task_type=task,
            dataset_type=score.protocol.dataset,
            dataset_name=score.protocol.dataset,
            dataset_split=score.protocol.split,
            metric_type=score.name,
            metric_name=f"{score.name}{_seen(score.protocol)}, {score.protocol.samples:,} samples",
            metric_value=score.value,
        )
        for score in scores
    ]
    with warnings.catch_warnings():  # huggingface_hub announces changes of its own
        warnings.simplefilter("ignore")
        front = ModelCardData(
            license=licence,
            library_name="ganzoo",
            pipeline_tag=task,
            tags=[
                "gan",
                "onnx",
                "ganzoo",
                *([metadata.training.loss] if metadata.training and metadata.training.loss else []),
            ],
            datasets=[data] if metadata.dataset and ":" not in data else None,
            model_name=metadata.name,
            eval_results=results,
        ).to_yaml()
    return f"---\n{front}\n---\n\n{_body(metadata, scores)}"


def _body(m: ModelMetadata, scores: Sequence[Score]) -> str:
    image = m.image
    rows = [
        ("images", f"{image.height}x{image.width}, {image.mode}"),
        ("latents", f"{m.latent.dim}, {m.latent.distribution}"),
    ]
    if m.classes:
        rows.append(("classes", ", ".join(m.classes)))
    if m.training:
        t = m.training
        kimg = "?" if t.kimg is None else f"{t.kimg:g}"
        rows += [
            ("architecture, loss", f"`{t.architecture}`, `{t.loss}`"),
            ("regularizers", ", ".join(t.regularizers) or "none"),
            ("budget", f"{kimg} kimg of real images, {t.steps} generator updates, seed {t.seed}, {t.precision}"),
            ("papers", t.paper or "-"),
        ]
    if m.dataset:
        count = f", {m.dataset.images:,} images" if m.dataset.images else ""
        rows.append(("data", f"`{m.dataset.name}`{count}; licence: {m.dataset.licence or 'not stated'}"))
    rows += [(str(metric["name"]), str(metric["value"])) for metric in m.metrics]
    facts = "\n".join(f"| {cell(name)} | {cell(value)} |" for name, value in rows)
    recipe = m.training.recipe if m.training else "this recipe"
    asked = f"?class={quote(m.classes[0], safe='')}" if m.classes else ""
    address = f"http://127.0.0.1:8000/v1/models/{m.name}/images/42.png{asked}"
    feed = '{"z": z, "label": labels}' if m.classes else '{"z": z}'
    label = ", `label` int64 (n)" if m.classes else ""
    return f"""# {m.name}

![Samples of seeds 0, 1, 2, ...](samples.png)

A generative adversarial network trained as `{recipe}` with ganzoo. One pass makes one
image.

| | |
| --- | --- |
{facts}

## Use

```
ganzoo sample model.onnx --seeds 0-63 -o grid.png
ganzoo serve model.onnx
curl -o 42.png '{address}'
```

The file needs ONNX Runtime only: `z` float32 (n, {m.latent.dim}), {m.latent.distribution}{label}, to `images`
{_output(m)}.

```python
from ganzoo_serve.seeds import latents  # how a seed becomes z

z = latents([42], z_dim={m.latent.dim}, distribution="{m.latent.distribution}")  # or any z of your own
(images,) = onnxruntime.InferenceSession("model.onnx").run(["images"], {feed})
```

The same seed is the same image wherever ganzoo draws it.
{_scores(scores)}
## Limits

It makes images like those it was trained on and knows nothing else. Rare kinds are drawn worse than common ones, and some
images belong to no kind.
"""


def _scores(scores: Sequence[Score]) -> str:
    """A section with a table of all numbers, each with the protocol that it was taken under; nothing without numbers."""
    if not scores:
        return ""
    lines = [
        [score.name, show(score), "" if score.better == "neither" else score.better, _protocol(score)]
        for score in scores
    ]
    return f"""
## Scores

Of this file, by `ganzoo eval`. A number says something beside others of the same protocol only.

{table(["score", "value", "better", "protocol"], lines, form="markdown")}"""


def _protocol(score: Score) -> str:
    p = score.protocol
    seeds = f", seeds {score.seeds[0]} to {score.seeds[1]}" if score.seeds else ""
    options = ", ".join(f"{key} {value}" for key, value in p.options.items())
    parts = [
        f"{p.samples:,} samples{seeds}",
        f"{p.dataset} {p.split}, {p.real_images:,} images",
        _seen(p).strip(" ()"),
        options,
        f"± {score.over}" if score.over else "",
    ]
    return "; ".join(part for part in parts if part)


def _seen(p: Protocol) -> str:
    return f" ({p.features} features {(p.features_sha256 or '')[:12]})" if p.features else ""


def _output(m: ModelMetadata) -> str:
    image = m.image
    pixels = f"{image.height}, {image.width}"
    shape = f"(n, {pixels}, {image.channels})" if m.layout == "nhwc" else f"(n, {image.channels}, {pixels})"
    return f"uint8 {shape}" if m.output == "uint8" else f"float32 {shape} in [-1, 1]"
