"""Where evaluations go: into the run folder, and their pictures into a folder."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from ganzoo.errors import DataError, GanzooError
from ganzoo.evaluation.samples import Pixels
from ganzoo.evaluation.scores import Evaluation
from ganzoo.runs.folder import RunFolder
from ganzoo_serve.images import png

SEEN_WELL = 800  # pixels: the longer side of a picture is brought near to it


def keep_in_run(run: RunFolder, evaluation: Evaluation) -> Path:
    """Write ``RUN/scores/kimgNNNNNN.NNN.json``, beside what was measured of the same model before."""
    path = run.scores_at(evaluation.scored.kimg or 0)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.parent / ".lock"):
            if path.is_file():
                with suppress(DataError):  # torn or edited: what was measured now is worth more
                    evaluation = evaluation.joined(Evaluation.read(path))
            evaluation.write(path)
    except OSError as error:
        raise GanzooError(f"{path} could not be written: {error.strerror}.") from error
    return path


def of_run(run: RunFolder) -> list[Evaluation]:
    """What was measured of a run, in the order of its training. Raises DataError for a file that is no evaluation."""
    return [Evaluation.read(path) for path in sorted(run.scores.glob("kimg*.json"))]


def save_pictures(pictures: Mapping[str, Pixels], folder: Path) -> list[Path]:
    """Write each picture as ``NAME.png``, small ones with larger pixels. Raises GanzooError if it cannot be written."""
    paths = [folder / f"{name}.png" for name in pictures]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, picture in zip(paths, pictures.values(), strict=True):
            times = max(1, SEEN_WELL // max(picture.shape[:2]))
            path.write_bytes(png(picture.repeat(times, axis=0).repeat(times, axis=1)))
    except OSError as error:
        raise GanzooError(f"{folder} could not be written: {error.strerror}.") from error
    return paths
