"""``ganzoo eval``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from ganzoo.params import MetricList, NameWithOptions, by_name

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
    callback=by_name,
    help="fid,kid:subsets=50,...; repeatable.  [default: fid, kid, is, prdc]",
)
@click.option(
    "--features",
    type=NameWithOptions(),
    help="What sees the images ('ganzoo list features').  [default: classifier; inception for data without labels]",
)
@click.option(
    "--samples", type=click.IntRange(2, 10_000_000), default=10_000, show_default=True, help="Images to score."
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Sets of seeds; several give an interval.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="The first seed.")
@click.option("--best", is_flag=True, help="Of a run, the checkpoint that scored best while it trained.")
@click.option("--truncation", type=float, help="1 is off; less is closer to the average image.")
@click.option("--data-dir", type=click.Path(file_okay=False, path_type=Path), help="Folder with data files.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write all of it as JSON.")
@click.option("--pictures", type=click.Path(file_okay=False, path_type=Path), help="Folder for the metrics' pictures.")
def command(
    subject: str | None,
    dataset: str | None,
    split: Literal["train", "test"],
    metrics: dict[str, dict[str, Any]],
    features: tuple[str, dict[str, Any]] | None,
    samples: int,
    repeats: int,
    seed: int,
    best: bool,
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

    What is scored is an exported file: of a run, that of its newest checkpoint. A number is kept with its protocol: of a run in
    RUN/scores/, and by --json. 'ganzoo scores' puts several side by side, if their protocols are alike.
    """
    from ganzoo.evaluation.evaluate import evaluate
    from ganzoo.evaluation.find import dataset_of, open_subject
    from ganzoo.evaluation.keep import keep_in_run, save_pictures
    from ganzoo.evaluation.request import Request
    from ganzoo.progress import Stages
    from ganzoo.registry import get_registry
    from ganzoo.runs.folder import newest_run

    registry, stages = get_registry(), Stages()
    with open_subject(subject or str(newest_run()), registry, device=device, best=best) as found, stages.open():
        request = Request(
            dataset=dataset_of(found, dataset),
            split=split,
            metrics=metrics,
            features=features,
            samples=samples,
            repeats=repeats,
            first_seed=seed,
            truncation=truncation,
            data_dir=data_dir or found.data_dir,
            device=device,
        )
        result = evaluate(found.source, request, registry, stages)
        _show(result.evaluation)  # before anything is written: whatever then fails, the numbers are seen
        kept = [keep_in_run(found.run, result.evaluation)] if found.run else []
    if json_file:
        result.evaluation.write(json_file)
        kept.append(json_file)
    if pictures:
        kept += save_pictures(result.pictures, pictures)
    told = f"Wrote {', '.join(map(str, kept))}" if kept else "Not kept: '--json FILE' writes it."
    click.echo(told, err=True)
    for error in result.errors:
        raise error


def _show(evaluation: Evaluation) -> None:
    from ganzoo.evaluation.scores import described, show

    for note in evaluation.notes:
        click.echo(f"Note: {note}", err=True)
    widest = max((score.protocol for score in evaluation.scores), key=lambda protocol: len(protocol.real))
    scored = evaluation.scored
    name = scored.name if scored.kimg is None else f"{scored.name}, {scored.kimg:g} kimg"
    click.echo(f"{name}: {widest.samples:,} images against {described(widest, evaluation.scores)}")
    width = max(len(score.name) for score in evaluation.scores)
    values = max(len(show(score)) for score in evaluation.scores)
    for score in evaluation.scores:
        click.echo(f"{score.name:{width}}  {show(score):{values}}  {_meaning(score)}".rstrip())


def _meaning(score: Score) -> str:
    from ganzoo.evaluation.scores import show

    better = "" if score.better == "neither" else f"{score.better} is better"
    return ", ".join(filter(None, [better, f"± {score.over}" if "±" in show(score) else ""]))
