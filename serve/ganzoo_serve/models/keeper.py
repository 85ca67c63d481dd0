"""Keeps a catalogue as its files are: loads them at the start, then looks for changes, without holding anybody up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from ganzoo_serve.models.catalogue import Catalogue
from ganzoo_serve.models.model import Model
from ganzoo_serve.models.trial import Trial

logger = logging.getLogger(__name__)


class Keeper:
    """``changed(came, went)`` is called in the event loop with the models of every change, those of the start first."""

    def __init__(self, catalogue: Catalogue, changed: Callable[[list[Model], list[Model]], None]) -> None:
        self._catalogue, self._changed = catalogue, changed
        self._one_at_a_time = asyncio.Lock()
        self._trial = Trial()

    async def start(self) -> None:
        """Load what there is. Raises ModelError or DeviceError as ``Catalogue.load`` does."""
        self._changed(await asyncio.to_thread(self._catalogue.fill, self._trial), [])

    def stop(self) -> None:
        """End the look that is under way: a thread of it would be waited for, as long as a model is on trial."""
        self._trial.stop()

    async def look(self, *, settled: bool) -> tuple[list[Model], list[Model]]:
        """Look once: what came and what went. See ``Catalogue.refresh`` for ``settled``."""
        async with self._one_at_a_time:
            came, went = await asyncio.to_thread(self._catalogue.refresh, settled=settled, trial=self._trial)
            if came or went:
                self._changed(came, went)
            return came, went

    async def watch(self, every_s: float) -> None:
        """Look again and again."""
        while True:
            await asyncio.sleep(every_s)
            try:
                await self.look(settled=True)
            except Exception:  # a folder that cannot be read for a while
                logger.exception("Could not look for changed models; trying again")
