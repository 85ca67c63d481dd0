"""Means of logged scalars that stay on the device until they are read."""

import torch
from torch import Tensor

from ganzoo import ranks


class Averages:
    """Running means over the steps since the last reading, and over the processes."""

    def __init__(self) -> None:
        self._sums: dict[tuple[str, ...], tuple[Tensor, int]] = {}

    def add(self, scalars: dict[str, Tensor]) -> None:
        """Count one step's scalars. Two small launches for them all, whatever their number."""
        names, values = tuple(scalars), torch.stack(list(scalars.values()))
        total, count = self._sums.get(names, (None, 0))
        self._sums[names] = (values if total is None else total + values, count + 1)

    def read(self) -> dict[str, float]:
        """The means, all fetched at once."""
        if not self._sums:
            return {}
        whole = torch.cat([total.double() for total, _ in self._sums.values()])
        ranks.average([whole])
        values = iter(whole.tolist())
        sums: dict[str, tuple[float, int]] = {}
        for names, (_, count) in self._sums.items():
            for name in names:
                before, times = sums.get(name, (0.0, 0))
                sums[name] = (before + next(values), times + count)
        self._sums.clear()
        return {name: total / times for name, (total, times) in sums.items()}
