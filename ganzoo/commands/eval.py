"""``ganzoo eval``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ganzoo.commands.params import MetricList, Technique

if TYPE_CHECKING:
    from ganzoo.evaluation.scores import Evaluation, Score


@click.command("eval")
@click.argument("subject", required=False, metavar="[MODEL]")
@click.option("--dataset", metavar="NAME", help="Real images to compare with.  [default: what it was trained on]")
@click.option(
    "--split", type=click.Choice(["train", "test"]), default="train", show_default=True, help="Which real images."
)
@click.option(
    "--metrics",
    type=MetricList(),
    multiple=True,
    help="fid,kid,... or NAME:option=value,...; repeatable.  [default: fid, kid, is, prdc]",
)
@click.option(
    "--features",
    type=Technique(),
    help="What sees the images ('ganzoo list features').  [default: classifier; inception for data without labels]",
)
@click.option("--samples", type=click.IntRange(min=2), default=10_000, show_default=True, help="Images to score.")
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Sets of seeds; several give an interval.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first seed.")
@click.option("--truncation", type=float, help="1 is off; less is closer to the average image.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with data files.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all of it as JSON.")
@click.option("--pictures", type=click.Path(file_okay=False, path_type=Path), help="Folder for the metrics' pictures.")
def command(
    subject: str | None,
    dataset: str | None,
    split: Literal["train", "test"],
    metrics: tuple[dict[str, dict[str, Any]], ...],
    features: tuple[str, dict[str, Any]] | None,
    samples: int,
    repeats: int,
    seed: int,
    truncation: float | None,
    data_dir: Path | None,
    device: Literal["auto", "cpu", "cuda"],
    json_file: Path | None,
    pictures: Path | None,
) -> None:
    """Score MODEL: an exported .onnx file, a run folder (default: the newest run), or images as folder:PATH.

    \b
    ganzoo eval model.onnx --dataset mnist
    ganzoo eval model.onnx --metrics fid,prdc --samples 5000 --repeats 3 --json scores.json
    ganzoo eval runs/00001-dcgan-wgangp-digits --metrics kid:subsets=50 --features classifier
    ganzoo eval model.onnx --metrics memorisation,ppl --pictures look/
    ganzoo eval folder:samples --dataset folder:photos --features inception

    What is scored is the exported file; a run is exported first. A number is kept with its protocol: of a run in
    RUN/scores/, and by --json. 'ganzoo scores' puts several side by side, if their protocols are alike.
    """
    from ganzoo.evaluation.evaluate import Request, evaluate
    from ganzoo.evaluation.find import dataset_of, open_subject
    from ganzoo.evaluation.keep import keep_in_run, save_pictures
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry
    from ganzoo.runs.folder import newest_run

    registry, stages = get_registry(), Stages()
    asked = {name: options for group in metrics for name, options in group.items()}
    with open_subject(subject or str(newest_run()), registry, device=device) as found, stages.open():
        request = Request(
            dataset=dataset_of(found, dataset),
            split=split,
            metrics=asked,
            features=features,
            samples=samples,
            repeats=repeats,
            first_seed=seed,
            truncation=truncation,
            data_dir=data_dir or found.data_dir,
            device=device,
        )
        result = evaluate(found.source, request, registry, stages)
        if found.run:
            keep_in_run(found.run, result.evaluation)
    if json_file:
        result.evaluation.write(json_file)
    if pictures:
        save_pictures(result.pictures, pictures)
    _show(result.evaluation, pictures if result.pictures else None)


def _show(evaluation: Evaluation, pictures: Path | None) -> None:
    from ganzoo.evaluation.scores import show

    for note in evaluation.notes:
        click.echo(f"Note: {note}", err=True)
    protocol = evaluation.scores[0].protocol
    click.echo(
        f"{evaluation.scored.name}: {protocol.samples:,} images against {protocol.dataset} "
        f"({protocol.split}, {protocol.real_images:,} images){_features(evaluation)}"
    )
    width = max(len(score.name) for score in evaluation.scores)
    values = max(len(show(score)) for score in evaluation.scores)
    for score in evaluation.scores:
        click.echo(f"{score.name:{width}}  {show(score):{values}}  {_meaning(score)}".rstrip())
    if pictures:
        click.echo(f"Pictures: {pictures}", err=True)


def _features(evaluation: Evaluation) -> str:
    seen = [score.protocol.seen_through for score in evaluation.scores if score.protocol.features]
    return f", features: {seen[0]}" if seen else ""


def _meaning(score: Score) -> str:
    from ganzoo.evaluation.scores import show

    better = "" if score.better == "neither" else f"{score.better} is better"
    return ", ".join(filter(None, [better, f"± {score.over}" if "±" in show(score) else ""]))
