"""Measuring a run while it trains, and keeping the checkpoint that scored best."""

from __future__ import annotations

from collections.abc import Mapping

from ganzoo.errors import DataError
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.run import evaluate_run
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
        self._registry, self._stages = registry, Stages(quiet=True)

    def __call__(self, run: RunFolder) -> Mapping[str, float]:
        """The numbers by name, for the log. Raises GanzooError."""
        config = run.read_config()[0].config
        scoring = config.scoring
        request = Request(
            dataset=config.dataset,
            split=scoring.split,
            metrics={name: {} for name in scoring.metrics},
            features=(scoring.features, {}) if scoring.features else None,
            samples=scoring.samples,
            data_dir=config.data_dir,
            device=config.device,
        )
        evaluation = evaluate_run(run, request, self._registry, self._stages)
        values = {score.name: score.value for score in evaluation.scores}
        best = self._is_best(run, evaluation.scores[0])
        told = ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        mark = f" (best {evaluation.scores[0].name} so far)" if best else ""
        self._stages.say(f"{(evaluation.scored.kimg or 0):g} kimg: {told}{mark}")
        if best:
            write_whole(run.best, checkpoints(run.checkpoints)[0].read_bytes())
            evaluation.write(run.scores / "best.json")
        return values

    def _is_best(self, run: RunFolder, score: Score) -> bool:
        """Whether a score beats that of the checkpoint kept so far; one under another protocol does not count."""
        path = run.scores / "best.json"
        if not (path.is_file() and run.best.is_file()):
            return True
        try:
            best = Evaluation.read(path).scores[0]
        except DataError as error:
            aside = run.best.with_name(f"{run.best.name}.old")
            run.best.replace(aside)
            self._stages.say(f"{str(error).splitlines()[0]}\nThe checkpoint kept so far is now {aside}.")
            return True
        if best.name != score.name or best.protocol.unlike(score.protocol):
            return True
        return score.value < best.value if score.better == "lower" else score.value > best.value
