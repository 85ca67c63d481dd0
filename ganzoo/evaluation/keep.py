"""Where evaluations go: into the run folder, and their pictures into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ganzoo.errors import DataError, GanzooError
from ganzoo.evaluation.samples import Pixels
from ganzoo.evaluation.scores import Evaluation
from ganzoo.runs.folder import RunFolder, checkpoints, stage
from ganzoo_serve.images import png


def keep_in_run(run: RunFolder, evaluation: Evaluation) -> Path:
    """Write ``RUN/scores/kimgNNNNNN.NNN.json``, beside what was measured of the same model before."""
    path = run.scores / f"{stage(evaluation.scored.kimg or 0)}.json"
    if path.is_file():
        with suppress(DataError):  # torn or edited: what was measured now is worth more
            evaluation = evaluation.joined(Evaluation.read(path))
    try:
        evaluation.write(path)
    except OSError as error:
        raise GanzooError(f"{path} could not be written: {error.strerror}.") from error
    return path


def of_run(run: RunFolder) -> list[Evaluation]:
    """What was measured of a run, in the order of its training. Raises DataError for a file that is no evaluation."""
    return [Evaluation.read(path) for path in sorted(run.scores.glob("kimg*.json"))]


def of_newest(run: RunFolder) -> Evaluation | None:
    """What was measured of a run's newest checkpoint, if it was. Raises DataError for a file that is no evaluation."""
    paths = [run.scores / f"{path.stem}.json" for path in checkpoints(run.checkpoints)[:1]]
    return next((Evaluation.read(path) for path in paths if path.is_file()), None)


def save_pictures(pictures: Mapping[str, Pixels], folder: Path) -> None:
    """Write each picture as ``NAME.png``. Raises GanzooError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, picture in pictures.items():
            (folder / f"{name}.png").write_bytes(png(picture))
    except OSError as error:
        raise GanzooError(f"{folder} could not be written: {error.strerror}.") from error
