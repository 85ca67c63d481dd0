"""What is to be measured, and what was: a value for every round, since timings here and there differ."""

import statistics
from dataclasses import dataclass, field

from ganzoo_serve.bench.overload import Overload
from ganzoo_serve.bench.queueing import wait_in_line
from ganzoo_serve.bench.tally import Tally


@dataclass(frozen=True)
class Plan:
    """``seconds`` is the length of one measurement, ``overload`` that of the run at twice the sustainable rate; 0: none."""

    cores: int = 1
    rounds: int = 5
    seconds: float = 1.0
    overload: float = 0.0


@dataclass
class Row:
    """One kind of request from so many clients at once; a value for every round. Times in seconds."""

    kind: str
    images: int
    clients: int
    requests_per_s: list[float] = field(default_factory=list)
    p50_s: list[float] = field(default_factory=list)
    p99_s: list[float] = field(default_factory=list)
    bound: list[float] = field(default_factory=list)

    @property
    def images_per_s(self) -> list[float]:
        return [self.images * rate for rate in self.requests_per_s]

    @property
    def q(self) -> list[float]:
        return [rate / bound for rate, bound in zip(self.images_per_s, self.bound, strict=True)]


@dataclass
class Latency:
    """Random arrivals at ``rate`` a second: percentiles in seconds, one for every run."""

    rate: float
    p50_s: list[float] = field(default_factory=list)
    p99_s: list[float] = field(default_factory=list)
    lateness_s: list[float] = field(default_factory=list)  # 99 % of the requests went out at most so late

    def add(self, tally: Tally) -> None:
        self.p50_s.append(tally.percentile(50))
        self.p99_s.append(tally.percentile(99))
        self.lateness_s.append(sorted(tally.lateness)[len(tally.lateness) * 99 // 100])


@dataclass
class Result:
    """Everything of one measurement.

    ``costs`` have a value for every round; that of the model, as ``raw_images_per_s`` (R_raw), one before the first row of a
    round and one after each.
    """

    model: str
    image: tuple[int, int, int]
    plan: Plan
    pinned: bool
    raw_layout: str
    batch_size: int
    rows: list[Row]
    costs: dict[str, list[float]]
    raw_images_per_s: list[float] = field(default_factory=list)
    half_load: Latency | None = None
    half_load_constant: Latency | None = None
    not_modified_per_s: float = 0.0
    same_image_per_s: float = 0.0
    memory: int | None = None
    compared: int = 0
    failures: int = 0
    overloaded: Overload | None = None

    def row(self, kind: str, clients: int) -> Row:
        return next(row for row in self.rows if (row.kind, row.clients) == (kind, clients))

    @property
    def capacity(self) -> float:
        """Single PNGs a second that the server keeps up with."""
        return max(statistics.median(row.requests_per_s) for row in self.rows if row.kind == "png")

    @property
    def service_s(self) -> float:
        """Seconds of one request that has the server for itself."""
        return statistics.median(self.row("png", 1).p50_s)

    @property
    def queue_s(self) -> float:
        """Seconds that 99 % take at most at half load in a queue of one server that makes one image at a time.

        Not a bound: several cores, or requests that share a run, do better.
        """
        return self.service_s + wait_in_line(0.5) / self.capacity
