"""Measuring a run while it trains, and keeping the checkpoint that scored best."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from ganzoo.errors import DataError
from ganzoo.evaluation.evaluate import Request, evaluate
from ganzoo.evaluation.find import open_subject
from ganzoo.evaluation.keep import keep_in_run
from ganzoo.evaluation.scores import Evaluation, Score
from ganzoo.files import write_whole
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder, checkpoints


class Watch:
    """Called with a run: exports its newest checkpoint, scores the file by the run's ``scoring`` settings.

    The numbers go to ``RUN/scores/``; if the first is the best so far, the checkpoint is kept as ``RUN/best.safetensors`` and
    what it scored as ``RUN/scores/best.json``.
    """

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __call__(self, run: RunFolder) -> Mapping[str, float]:
        """The numbers by name, for the log. Raises GanzooError."""
        config = run.read_config()[0].config
        scoring, stages = config.scoring, Stages(quiet=True)
        request = Request(
            dataset=config.dataset,
            split=scoring.split,
            metrics={name: {} for name in scoring.metrics},
            features=(scoring.features, {}) if scoring.features else None,
            samples=scoring.samples,
            data_dir=config.data_dir,
        )
        with open_subject(str(run.path), self._registry) as subject:
            evaluation = evaluate(subject.source, request, self._registry, stages).evaluation
        keep_in_run(run, evaluation)
        values = {score.name: score.value for score in evaluation.scores}
        stages.say(
            f"{(evaluation.scored.kimg or 0):g} kimg: "
            + ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        )
        if _is_best(run, evaluation.scores[0]):
            write_whole(run.best, checkpoints(run.checkpoints)[0].read_bytes())
            evaluation.write(run.scores / "best.json")
        return values


def _is_best(run: RunFolder, score: Score) -> bool:
    """Whether a score beats that of the checkpoint kept so far; one under another protocol does not count."""
    path = run.scores / "best.json"
    if not (path.is_file() and run.best.is_file()):
        return True
    with suppress(DataError):
        best = Evaluation.read(path).scores[0]
        if best.name == score.name and not best.protocol.unlike(score.protocol):
            return score.value < best.value if score.better == "lower" else score.value > best.value
    return True
