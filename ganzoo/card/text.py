"""The card's text."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from urllib.parse import quote

from ganzoo.card.scores import score_section
from ganzoo.evaluation.scores import Score
from ganzoo.evaluation.tables import cell
from ganzoo_serve.metadata import ModelMetadata


def card_text(metadata: ModelMetadata, *, licence: str | None = None, scores: Sequence[Score] = ()) -> str:
    """The card: YAML front matter as huggingface_hub understands it, then what a reader wants to know."""
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
            metric_name=", ".join(
                filter(None, [score.name, score.protocol.seen_through, f"{score.protocol.samples:,} samples"])
            ),
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
    feed = '{"z": z, "label": np.array([0])}' if m.classes else '{"z": z}'
    numpy = "import numpy as np\n" if m.classes else ""
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
{numpy}import onnxruntime
from ganzoo_serve.seeds import latents

session = onnxruntime.InferenceSession("model.onnx")
z = latents([42], z_dim={m.latent.dim}, distribution="{m.latent.distribution}")  # of seed 42; any z of your own will do
(images,) = session.run(["images"], {feed})
```

The same seed is the same image wherever ganzoo draws it.
{score_section(scores)}
## Limits

It makes images like those it was trained on and knows nothing else. Rare kinds are drawn worse than common ones, and some
images belong to no kind.
"""


def _output(m: ModelMetadata) -> str:
    image = m.image
    pixels = f"{image.height}, {image.width}"
    shape = f"(n, {pixels}, {image.channels})" if m.layout == "nhwc" else f"(n, {image.channels}, {pixels})"
    return f"uint8 {shape}" if m.output == "uint8" else f"float32 {shape} in [-1, 1]"
