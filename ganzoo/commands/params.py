"""What the commands' options are made of."""

from __future__ import annotations

import json
from typing import Any

import click

MAX_SEEDS = 1_000_000


class Seeds(click.ParamType[list[int]]):
    """Seeds as ``42``, ``0-63`` (both ends included) or ``1,5,10-12``."""

    name = "seeds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[int]:
        if isinstance(value, list):
            return value
        seeds: list[int] = []
        for part in str(value).split(","):
            first, dash, last = part.strip().partition("-")
            if not first.isdecimal() or (dash and not last.isdecimal()):
                self.fail(f"{value!r} is no list of seeds; expected 42, 0-63 or 1,5,10-12.", param, ctx)
            low, high = int(first), int(last if dash else first)
            if high < low:
                self.fail(f"{part!r} runs backwards; expected {high}-{low}.", param, ctx)
            if len(seeds) + high - low >= MAX_SEEDS:
                self.fail(f"{value!r} asks for more than {MAX_SEEDS:,} images at once.", param, ctx)
            seeds += range(low, high + 1)
        return seeds


class Technique(click.ParamType[tuple[str, dict[str, Any]]]):
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


class Setting(click.ParamType[tuple[str, Any]]):
    """``key=value`` -> (dotted key, value)."""

    name = "key=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        if isinstance(value, tuple):
            return value
        key, equals, given = str(value).partition("=")
        if not equals or not key.strip():
            self.fail(f"{value!r} is no setting; expected KEY=VALUE, for example optimizer_d.lr=1e-4.", param, ctx)
        return key.strip(), parse_value(given)


def parse_value(text: str) -> Any:
    """A value as it is typed: JSON where it is JSON (numbers, true, null, lists), else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()
