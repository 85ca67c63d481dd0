"""How large images are: one number or two, however it was given. Here alone a number stands for a square."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any, NamedTuple

from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

SMALLEST_SIDE, LARGEST_SIDE = 4, 4096  # of images to be trained on


class Size(NamedTuple):
    """Height and width of an image, in pixels. As text, and in files, ``64`` is a square and ``64x32`` is high and narrow."""

    height: int
    width: int

    @classmethod
    def of(cls, value: object) -> Size:
        """A size as it may be given: ``64``, ``"64"``, ``"64x32"`` or (64, 32). Raises ValueError for anything else."""
        sides = value if isinstance(value, (tuple, list)) else str(value).strip().split("x")
        texts = [str(side) for side in sides]
        if not 1 <= len(texts) <= 2 or not all(re.fullmatch("[0-9]{1,9}", text) and int(text) for text in texts):
            raise ValueError("expected pixels as 64, or height x width as 64x32")
        return cls(int(texts[0]), int(texts[-1]))

    def __str__(self) -> str:
        return f"{self.height}" if self.height == self.width else f"{self.height}x{self.width}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            _explained(cls.of),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda size: size.height if size.height == size.width else str(size)
            ),
        )


def trainable(value: object) -> Size:
    """A size that images can be trained at. Raises ValueError for what is none, or has a side outside of 4 ... 4096."""
    size = Size.of(value)
    if not SMALLEST_SIDE <= min(size) <= max(size) <= LARGEST_SIDE:
        raise ValueError(f"expected sides of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels")
    return size


def _explained(read: Callable[[object], Size]) -> Callable[[object], Size]:
    """``read`` for pydantic, which would put "Value error" before its words."""

    def told(value: object) -> Size:
        try:
            return read(value)
        except ValueError as error:
            raise PydanticCustomError("size", "{reason}", {"reason": str(error)}) from None

    return told


TrainableSize = Annotated[Size, BeforeValidator(_explained(trainable))]
