"""Measuring the newest checkpoint of a run, as it would be exported."""

from __future__ import annotations

from typing import Literal, cast

from ganzoo.evaluation.evaluate import evaluate
from ganzoo.evaluation.find import open_subject
from ganzoo.evaluation.keep import keep_in_run
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.scores import Evaluation
from ganzoo.progress import Stages
from ganzoo.registry import Registry
from ganzoo.runs.folder import RunFolder


def evaluate_run(run: RunFolder, request: Request, registry: Registry, stages: Stages) -> Evaluation:
    """Score a run by ``request``, on its device, and keep the numbers in ``RUN/scores/``.

    Raises GanzooError; if a metric failed, after the others' numbers are kept.
    """
    device: Literal["auto", "cpu", "cuda"] = "cuda"  # or "cuda:1", which ONNX Runtime counts in its own way
    if request.device in ("auto", "cpu"):
        device = cast(Literal["auto", "cpu"], request.device)
    with open_subject(str(run.path), registry, device=device) as subject:
        found = evaluate(subject.source, request, registry, stages)
    keep_in_run(run, found.evaluation)
    for error in found.errors:
        raise error
    return found.evaluation
