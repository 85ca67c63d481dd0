"""Who wants to know what the threads do: a server that counts, or nobody."""

from collections.abc import Sequence


class Watch:
    """Told from worker threads, by a model's name; does nothing. Whoever counts overrides it."""

    def queued(self, model: str, seconds: float) -> None:
        """A request's samples, or the next of them, waited so long."""

    def drew(self, model: str, samples: int, batches: Sequence[int], seconds: float) -> None:
        """So many samples were drawn together, in runs of these batch sizes."""

    def encoded(self, model: str, samples: int, seconds: float) -> None:
        """Its images were encoded."""
