"""The pickles of CIFAR-10's Python version, read without running anything that stands in them.

A pickle is a program: ``pickle.load`` calls what it names. Here three names are understood, by which NumPy pickles an
array, and each stands for an object that only keeps what it is given. Every other name is refused.
"""

import io
import pickle
from typing import Any

import numpy as np

from ganzoo import DataError


class Kept:
    """Keeps the arguments and the state that a pickle gives to an array or a dtype."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class ArrayUnpickler(pickle.Unpickler):
    """Plain containers and NumPy arrays, the latter as ``Kept``."""

    STAND_INS = frozenset(
        {
            ("numpy.core.multiarray", "_reconstruct"),
            ("numpy._core.multiarray", "_reconstruct"),
            ("numpy", "ndarray"),
            ("numpy", "dtype"),
        }
    )

    def find_class(self, module: str, name: str) -> type[Kept]:
        if (module, name) not in self.STAND_INS:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which is no plain data")
        return Kept

    def persistent_load(self, pid: Any) -> Any:
        raise pickle.UnpicklingError("it refers to an object outside of it")


def read_batch(data: bytes, name: str, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """A batch: a dict with ``labels``, a list of N integers, and ``data``, uint8 (N, 3072) -> labels (N,) and data.

    Raises DataError for anything else, without having run it.
    """
    try:
        batch = ArrayUnpickler(io.BytesIO(data), encoding="bytes").load()
        labels = np.array(batch[b"labels"], np.uint8)
        pixels = _pixels(batch[b"data"], shape)
        if labels.shape != shape[:1]:
            raise ValueError(f"it holds {labels.shape} labels, expected {shape[:1]}")
    except Exception as error:  # a foreign or damaged pickle makes the reader raise nearly anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(f"{name} is no batch of CIFAR-10: {reason}.") from error
    return labels, pixels


def _pixels(array: Any, shape: tuple[int, int]) -> np.ndarray:
    _version, found, dtype, column_major, values = array.state
    if found != shape or dtype.arguments[0] not in (b"u1", "u1"):
        raise ValueError(f"it holds an array of shape {found}, expected uint8 {shape}")
    return np.frombuffer(values, np.uint8).reshape(shape, order="F" if column_major else "C")
