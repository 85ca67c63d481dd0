"""What commands' options are made of: types for click. (click.ParamType is generic in its newest versions only, so not here.)"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import click

MAX_SEEDS, MAX_TRAININGS = 1_000_000, 1000
MAX_DIGITS = 20  # more than any seed has; Python itself refuses to read thousands of them


class Seeds(click.ParamType):  # type: ignore[type-arg]
    """Seeds as ``42``, ``0-63`` (both ends included) or ``1,5,10-12``. ``plural`` is what a message calls them."""

    name = plural = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        seeds: list[int] = []
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            if not all(
                number.isdecimal() and len(number) <= MAX_DIGITS for number in ([first, last] if dash else [first])
            ):
                self.fail(f"{_short(value)} is no list of {self.plural}; expected 42, 0-63 or 1,5,10-12.", param, ctx)
            low, high = int(first), int(last if dash else first)
            if high < low:
                self.fail(f"{part!r} runs backwards; expected {high}-{low}.", param, ctx)
            if len(seeds) + high - low >= MAX_SEEDS:
                self.fail(f"{_short(value)} asks for more than {MAX_SEEDS:,} {self.plural} at once.", param, ctx)
            seeds += range(low, high + 1)
        return seeds


class Layers(Seeds):
    """Layers of a style-based model, as ``3``, ``0-3`` or ``0,2``: each once, in order."""

    name = plural = "layers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        return sorted(set(super().convert(value, param, ctx)))


class FiniteRange(click.FloatRange):
    """A number in a range. NaN, which is on no side of any bound, is outside."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{number} is not in the range {self._describe_range()}.", param, ctx)
        return number


class Trainings(Seeds):
    """``3`` is seeds 0, 1, 2; ``5,7`` and ``0-4`` are those seeds, ``5,`` one alone."""

    name = "trainings"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        text = value.strip() if isinstance(value, str) else value
        if isinstance(text, str) and text.isdecimal() and len(text) <= MAX_DIGITS:
            if not 0 < int(text) <= MAX_TRAININGS:
                message = f"{text} is no number of trainings; expected 1 to {MAX_TRAININGS}, or seeds such as {text},"
                self.fail(message, param, ctx)
            return list(range(int(text)))
        seeds = super().convert(text.removesuffix(",") if isinstance(text, str) else text, param, ctx)
        if len(set(seeds)) < len(seeds):
            self.fail(f"{_short(value)} names a seed twice.", param, ctx)
        return seeds


class NameWithOptions(click.ParamType):  # type: ignore[type-arg]
    """``NAME`` or ``NAME:option=value,...`` -> (name, options)."""

    name = "name[:option=value,...]"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, dict[str, Any]]:
        if isinstance(value, tuple):
            return value
        name, _, text = str(value).partition(":")
        options = {}
        for item in filter(None, text.split(",")):
            key, equals, given = item.partition("=")
            if not equals or not key.strip():
                self.fail(f"{item!r} is no option; expected {name}:OPTION=VALUE,...", param, ctx)
            options[key.strip()] = parse_value(given)
        return name, options


class MetricList(click.ParamType):  # type: ignore[type-arg]
    """``fid,kid:subsets=50,size=500,is`` -> options by name. What holds a ``=`` belongs to the name before it."""

    name = "metrics"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dict[str, dict[str, Any]]:
        if isinstance(value, dict):
            return value
        texts: list[str] = []
        for item in filter(None, (item.strip() for item in str(value).split(","))):
            if "=" not in item.partition(":")[0]:
                texts.append(item)
            elif texts and ":" in texts[-1]:
                texts[-1] += f",{item}"
            else:
                self.fail(f"{item!r} belongs to no metric; expected NAME:OPTION=VALUE,...", param, ctx)
        return dict(NameWithOptions().convert(text, param, ctx) for text in texts)


def by_name(ctx: click.Context, param: click.Parameter, groups: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Callback of a repeatable ``MetricList``: all of them in one."""
    return {name: options for group in groups for name, options in group.items()}


class ModelName(click.ParamType):  # type: ignore[type-arg]
    """What a model is to be called: anything that a name can be made of."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from ganzoo_serve.metadata import slug

        try:
            return slug(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Setting(click.ParamType):  # type: ignore[type-arg]
    """``key=value`` -> (dotted key, value)."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        if isinstance(value, tuple):
            return value
        key, equals, given = str(value).partition("=")
        if not equals or not all(part.strip() for part in key.split(".")):
            self.fail(f"{value!r} is no setting; expected KEY=VALUE, for example optimizer_d.lr=1e-4.", param, ctx)
        return key.strip(), parse_value(given)


class Resolution(click.ParamType):  # type: ignore[type-arg]
    """Pixels as ``64``, a square, or ``64x32``, height x width -> ``ganzoo.Size``."""

    name = "n|hxw"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from ganzoo.resolution import trainable

        try:
            return trainable(value)
        except ValueError as error:
            self.fail(f"{error}; got {_short(value)}", param, ctx)


def parse_value(text: str) -> Any:
    """A value as it is typed: JSON where it is JSON (numbers, true, null, lists), else the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.strip()


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}..."
