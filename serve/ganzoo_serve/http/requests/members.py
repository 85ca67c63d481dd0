"""Records from strangers."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from ganzoo_serve.errors import did_you_mean
from ganzoo_serve.http.problem import MOST_FINDINGS

Truncation = Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False, description="1 is off.")]


class Members(BaseModel):
    """A record all of whose members are known: a misspelt one would quietly mean another picture. What was meant is said."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="wrap")
    @classmethod
    def _name_the_nearest(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        most = len(cls.model_fields) + MOST_FINDINGS
        if isinstance(given, dict) and len(given) > most:  # to look at each would take a second
            known = cls._known()
            given = dict(sorted(given.items(), key=lambda member: member[0] not in known)[:most])
        try:
            return handler(given)
        except ValidationError as error:
            known, found = cls._known(), error.errors(include_url=False)[:MOST_FINDINGS]
            raise ValidationError.from_exception_data(error.title, [_line(each, known) for each in found]) from None

    @classmethod
    def _known(cls) -> list[str]:
        return [field.alias or name for name, field in cls.model_fields.items()]


def _line(finding: ErrorDetails, known: list[str]) -> InitErrorDetails:
    text = finding["msg"]
    if finding["type"] == "extra_forbidden":
        hint = did_you_mean(str(finding["loc"][-1]), known) or f" Expected one of {', '.join(known)}."
        text = f"There is no such member.{hint}"
    if finding["type"] == "model_type":  # pydantic would name a class of ours
        text = "Input should be an object"
    return {"type": PydanticCustomError(finding["type"], text), "loc": finding["loc"], "input": finding["input"]}
