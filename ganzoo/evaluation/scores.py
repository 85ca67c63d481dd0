"""Scores, each with its protocol, and the refusal to put unlike ones side by side."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError

from ganzoo.config import Section
from ganzoo.errors import DataError, findings
from ganzoo.evaluation.interval import with_error
from ganzoo.evaluation.protocol import Protocol
from ganzoo.files import write_whole


class Score(Section):
    """One number: its ``error`` is that of ``over``, the first and last of the ``seeds`` are those of the images scored."""

    name: str
    value: float
    error: float | None = None
    over: str | None = None
    better: Literal["lower", "higher", "neither"]
    seeds: tuple[int, int] | None = None
    protocol: Protocol


class Scored(Section):
    """What was scored. ``graph_sha256`` is of the exported file without its metadata; None for a folder of images.

    ``weights`` are "ema" of an exported file; ``engine`` is what drew the images.
    """

    name: str
    sha256: str | None = None
    graph_sha256: str | None = None
    kimg: float | None = None
    weights: str | None = None
    engine: str | None = None


class Evaluation(Section):
    """Everything that one evaluation found: a JSON document."""

    format_number: Literal[1] = Field(1, alias="format")
    scored: Scored
    scores: tuple[Score, ...] = Field(min_length=1)
    notes: tuple[str, ...] = ()
    details: dict[str, dict[str, Any]] = Field({})
    seconds: float | None = None
    versions: dict[str, str] = Field({})

    model_config = Section.model_config | {
        "validate_by_name": True,
        "validate_by_alias": True,
        "serialize_by_alias": True,
    }

    def write(self, path: Path) -> None:
        """Write the document, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(self.model_dump(mode="json"), indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Evaluation:
        """The document of a file. Raises DataError if it is none."""
        try:
            return cls.model_validate_json(path.read_text(encoding="utf-8"))
        except ValidationError as error:
            raise DataError(
                f"{path} is no evaluation: {findings(error, 3)}\nExpected what 'ganzoo eval ... --json FILE' wrote."
            ) from None
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"{path} cannot be read: {error}.\nExpected what 'ganzoo eval ... --json FILE' wrote."
            ) from None

    def called(self, name: str) -> Evaluation:
        """This evaluation under another name."""
        return self.model_copy(update={"scored": self.scored.model_copy(update={"name": name})})

    def joined(self, earlier: Evaluation) -> Evaluation:
        """This evaluation, and of an earlier one of the same model what was not measured anew, or over more seeds."""
        if earlier.scored.graph_sha256 != self.scored.graph_sha256:
            return self
        best = {_what(score): score for score in earlier.scores}
        for score in self.scores:
            before = best.pop(_what(score), score)
            best[_what(score)] = before if _seeds(before) > _seeds(score) else score
        return self.model_copy(update={"scores": tuple(best.values()), "details": {**earlier.details, **self.details}})


def _what(score: Score) -> tuple[str, str]:
    return score.name, score.protocol.model_dump_json()


def _seeds(score: Score) -> int:
    return score.seeds[1] - score.seeds[0] + 1 if score.seeds else 0


def only(evaluations: Sequence[Evaluation], names: Sequence[str], where: Mapping[str, Any]) -> list[Evaluation]:
    """The scores of these names (none: all) whose protocols have these values; evaluations without any are left out.

    Raises DataError if nothing is left, ConfigError for a field that protocols do not have.
    """
    kept = []
    for evaluation in evaluations:
        scores = tuple(
            score for score in evaluation.scores if (not names or score.name in names) and score.protocol.matches(where)
        )
        if scores:
            kept.append(evaluation.model_copy(update={"scores": scores}))
    if not kept:
        there = dict.fromkeys(score.name for evaluation in evaluations for score in evaluation.scores)
        found = f"There are {', '.join(there)}" if there else "There are none"
        raise DataError(f"There is no such score. {found}; take others with 'ganzoo eval MODEL'.")
    return kept


def described(protocol: Protocol, scores: Sequence[Score]) -> str:
    """The real images of a protocol, and the extractor of the first of the scores that looked through one."""
    seen = [score.protocol.seen_through for score in scores if score.protocol.features]
    return ", ".join([protocol.against, *seen[:1]])


def require_alike(evaluations: Sequence[Evaluation]) -> None:
    """Raise DataError, naming what differs, if a score of one has the name but not the protocol of another's."""
    seen: dict[str, tuple[str, Protocol]] = {}
    for evaluation in evaluations:
        title = _title(evaluation.scored, evaluations)
        for score in evaluation.scores:
            name, protocol = seen.setdefault(score.name, (title, score.protocol))
            different = protocol.unlike(score.protocol)
            if different:
                lines = [f"  {key}: {_short(a)} against {_short(b)}" for key, (a, b) in different.items()]
                key, (_, value) = next(iter(different.items()))
                raise DataError(
                    f"{score.name} of {name} and of {title} cannot stand in one table; "
                    "they were taken under unlike protocols:\n" + "\n".join(lines) + "\n"
                    "Score both with the same options of 'ganzoo eval', or choose by '--where' and '--metrics', "
                    f"for example '--where {key}={value if isinstance(value, str) else json.dumps(value)}'."
                )


def rows(evaluations: Iterable[Evaluation]) -> tuple[list[str], list[list[str]]]:
    """A table: the header, and a row for each evaluation; a dash where one lacks a number."""
    evaluations = list(evaluations)
    names = list(dict.fromkeys(score.name for e in evaluations for score in e.scores))
    by_name: list[Mapping[str, Score]] = [{score.name: score for score in e.scores} for e in evaluations]
    body = [
        [_title(e.scored, evaluations), *(show(found[name]) if name in found else "-" for name in names)]
        for e, found in zip(evaluations, by_name, strict=True)
    ]
    return ["model", *names], body


def _title(scored: Scored, among: Sequence[Evaluation]) -> str:
    """The name, and of a model of several stages the stage."""
    stages = {e.scored.kimg for e in among if e.scored.name == scored.name}
    return f"{scored.name} {scored.kimg:g} kimg" if len(stages) > 1 and scored.kimg is not None else scored.name


def show(score: Score) -> str:
    """A value and its error, to the digits that the error leaves."""
    return with_error(score.value, score.error)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:18]}...{text[-8:]}"
