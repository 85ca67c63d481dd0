"""Who is drawn next: jobs wait by the sample, in lanes of what may share a run, and a large one lets others pass.

Pure bookkeeping: no threads, no clock of its own, no images. Whoever shares it between threads holds a lock.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable, ItemsView
from dataclasses import dataclass, field
from math import inf


@dataclass(eq=False)
class Job:
    """So many ``samples`` of one ``model``. Jobs of one ``lane`` may be drawn in one run.

    Past its ``deadline`` (on the clock of whoever uses the queue) no more of it is handed out. ``taken`` counts what was.
    """

    model: Hashable
    lane: Hashable
    samples: int
    deadline: float = inf
    taken: int = field(default=0, init=False)
    dropped: bool = field(default=False, init=False)

    @property
    def left(self) -> int:
        """Samples that nobody has taken and somebody may."""
        return 0 if self.dropped else self.samples - self.taken


@dataclass(frozen=True)
class Share:
    """Samples ``start`` to ``stop`` (without) of a job."""

    job: Job
    start: int
    stop: int


class FairQueue:
    """Lanes take turns; within a lane the first come are the first served, ``turn`` samples at a time.

    So a job of 256 holds up the one behind it by one turn, and no lane waits for the end of another.
    """

    def __init__(self, *, turn: int = 16) -> None:
        self._turn = turn
        self._lanes: OrderedDict[Hashable, deque[Job]] = OrderedDict()  # the one whose turn it is first
        self._in_lane: Counter[Hashable] = Counter()
        self._of_model: Counter[Hashable] = Counter()
        self._waiting = 0

    def __len__(self) -> int:
        return self._waiting

    def waiting(self, model: Hashable) -> int:
        """Samples of this model that nobody has taken."""
        return self._of_model[model]

    def by_model(self) -> ItemsView[Hashable, int]:
        """How many wait, of each model that anything waits for."""
        return self._of_model.items()

    def before(self, job: Job, most: Callable[[Hashable], int]) -> Counter[Hashable]:
        """About how many samples, by model, are handed out before the last of a job that would be added now.

        ``most(lane)``: how many one run of a lane has. Others have as many turns as the job needs itself; of one sample none
        waits for more than is said here.
        """
        turns = -(-job.samples // self._turn)
        mine = sum(min(other.left, turns * self._turn) for other in self._lanes.get(job.lane, ()))
        found = Counter({job.model: mine})
        runs = -(-(mine + job.samples) // most(job.lane))
        for lane, jobs in self._lanes.items():
            if lane != job.lane:
                found[jobs[0].model] += min(self._in_lane[lane], runs * most(lane))
        return found

    def add(self, job: Job) -> None:
        """Let a job in, at the end of its lane."""
        self._lanes.setdefault(job.lane, deque()).append(job)
        self._count(job, job.left)

    def drop(self, job: Job) -> None:
        """Forget what nobody has taken of a job. Doing so twice, or too late, is no mistake."""
        self._count(job, -job.left)
        job.dropped = True  # its lane finds out when it gets there

    def take(self, most: Callable[[Hashable, int], int], now: float) -> tuple[list[Share], list[Job]]:
        """The next samples to draw, all of one lane; and the jobs that were late, which it drops.

        ``most(lane, waiting)``: how many samples one run of this lane may have, of so many that wait in it.
        Without any shares nothing waits any more.
        """
        late: list[Job] = []
        while self._lanes:
            lane, jobs = self._lanes.popitem(last=False)
            # At least 1, though nothing may be left of what the lane holds: only what is cut leaves it.
            shares = self._cut(jobs, max(1, most(lane, self._in_lane[lane])), now, late)
            if jobs:
                self._lanes[lane] = jobs
            if shares:
                return shares, late
        return [], late

    def drop_late(self, now: float) -> list[Job]:
        """Drop every job whose deadline has passed, wherever it stands."""
        late = [job for jobs in self._lanes.values() for job in jobs if job.left and job.deadline < now]
        for job in late:
            self.drop(job)
        return late

    def _cut(self, jobs: deque[Job], room: int, now: float, late: list[Job]) -> list[Share]:
        shares: list[Share] = []
        while jobs and room > 0:
            job = jobs.popleft()
            if job.left and job.deadline < now:
                self.drop(job)
                late.append(job)
            if not job.left:
                continue
            size = min(job.left, self._turn, room)
            shares.append(Share(job, job.taken, job.taken + size))
            job.taken += size
            self._count(job, -size)
            room -= size
            if job.left:
                jobs.append(job)
        return shares

    def _count(self, job: Job, samples: int) -> None:
        self._waiting += samples
        for counter, key in ((self._in_lane, job.lane), (self._of_model, job.model)):
            counter[key] += samples
            if not counter[key]:
                del counter[key]  # models and lanes come and go
