"""The queue against a model of what it promises: nothing lost, nothing doubled, in order, never too many, nobody starved."""

import math
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ganzoo_serve.engine.fair_queue import FairQueue, Job


def take(queue, most=8, now=0.0):
    shares, late = queue.take(lambda lane, waiting: most, now)
    return [(share.job, share.start, share.stop) for share in shares], late


def test_first_come_first_served_and_a_run_is_filled_from_several_jobs():
    queue, (a, b, c) = FairQueue(turn=16), [Job("m", "m", 3), Job("m", "m", 4), Job("m", "m", 5)]
    for job in (a, b, c):
        queue.add(job)
    assert take(queue) == ([(a, 0, 3), (b, 0, 4), (c, 0, 1)], [])
    assert take(queue) == ([(c, 1, 5)], [])
    assert take(queue) == ([], [])
    assert len(queue) == 0


def test_a_large_job_lets_others_pass_after_its_turn():
    queue, large, small = FairQueue(turn=16), Job("m", "m", 256), Job("m", "m", 1)
    queue.add(large)
    queue.add(small)
    assert take(queue, 16)[0] == [(large, 0, 16)]
    assert take(queue, 16)[0] == [(small, 0, 1), (large, 16, 31)]


def test_lanes_take_turns_and_never_share_a_run():
    queue = FairQueue(turn=4)
    crowd = [Job("a", "a", 4) for _ in range(10)]
    other = Job("b", "b", 4)
    for job in (*crowd, other):
        queue.add(job)
    assert take(queue, 4)[0] == [(crowd[0], 0, 4)]
    assert take(queue, 8)[0] == [(other, 0, 4)]
    assert take(queue, 8)[0] == [(crowd[1], 0, 4), (crowd[2], 0, 4)]


def test_the_caller_is_told_how_many_wait_in_the_lane():
    queue, asked = FairQueue(), []
    queue.add(Job("m", "x", 3))
    queue.add(Job("m", "y", 9))
    queue.take(lambda lane, waiting: asked.append((lane, waiting)) or 2, 0.0)
    assert asked == [("x", 3)]


def test_what_is_dropped_is_not_drawn_and_not_counted():
    queue, a, b = FairQueue(turn=2), Job("m", "m", 5), Job("n", "m", 2)
    queue.add(a)
    queue.add(b)
    assert take(queue, 2)[0] == [(a, 0, 2)]
    queue.drop(a)
    queue.drop(a)
    assert (len(queue), queue.waiting("m"), queue.waiting("n")) == (2, 0, 2)
    assert take(queue)[0] == [(b, 0, 2)]


def test_a_lane_of_dropped_jobs_only_is_passed_over():
    queue, gone, here = FairQueue(), Job("m", "x", 3), Job("m", "y", 1)
    queue.add(gone)
    queue.add(here)
    queue.drop(gone)
    assert queue.take(lambda lane, waiting: waiting, 0.0)[0][0].job is here
    queue.add(gone)
    assert queue.take(lambda lane, waiting: waiting, 0.0) == ([], [])


def test_late_jobs_are_named_once_and_not_drawn():
    queue, soon, later = FairQueue(turn=2), Job("m", "m", 4, deadline=10.0), Job("m", "m", 1, deadline=20.0)
    queue.add(soon)
    queue.add(later)
    assert take(queue, 2, now=5.0)[0] == [(soon, 0, 2)]
    assert take(queue, 8, now=15.0) == ([(later, 0, 1)], [soon])
    assert queue.drop_late(30.0) == []


def test_late_jobs_are_found_wherever_they_stand():
    queue, jobs = FairQueue(), [Job("m", lane, 2, deadline=when) for lane, when in (("x", 1.0), ("y", 9.0), ("y", 1.0))]
    for job in jobs:
        queue.add(job)
    assert queue.drop_late(5.0) == [jobs[0], jobs[2]]
    assert len(queue) == 2
    assert take(queue)[0] == [(jobs[1], 0, 2)]


sizes = st.integers(1, 40)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), sizes), min_size=1, max_size=12), st.integers(1, 20), st.integers(1, 20)
)
def test_nobody_waits_for_more_than_a_turn_of_each_before_him(jobs, turn, most):
    """A job of one sample that comes last is drawn after at most one turn of every job of its lane."""
    queue = FairQueue(turn=turn)
    for lane, size in jobs:
        queue.add(Job(lane.upper(), lane, size))
    last = Job("A", "a", 1)
    expected = queue.before(last, lambda lane: most)
    queue.add(last)
    before = Counter()
    while True:
        shares, _ = queue.take(lambda lane, waiting: most, 0.0)
        if last in [share.job for share in shares]:
            break
        before.update({shares[0].job.model: sum(share.stop - share.start for share in shares)})
    assert before["A"] <= sum(min(size, turn) for lane, size in jobs if lane == "a")
    assert before <= expected


def test_a_small_job_passes_by_large_ones_and_other_lanes():
    queue = FairQueue(turn=16)
    for _ in range(3):
        queue.add(Job("m", "m", 256))
    queue.add(Job("n", "n", 500))
    assert queue.before(Job("m", "m", 1), lambda lane: 16) == {"m": 48, "n": 64}
    assert queue.before(Job("m", "m", 256), lambda lane: 16) == {"m": 768, "n": 500}
    assert queue.before(Job("n", "o", 1), lambda lane: 16) == {"n": 16, "m": 16}


class Promises(RuleBasedStateMachine):
    """Adds, takes, drops and lets time pass, in any order, and looks at every sample."""

    def __init__(self):
        super().__init__()
        self.queue = FairQueue(turn=5)
        self.jobs = []
        self.drawn = {}
        self.late = set()
        self.dropped = {}
        self.now = 0.0

    @rule(lane=st.sampled_from("xyz"), samples=sizes, patience=st.sampled_from([1.0, 5.0, math.inf]))
    def add(self, lane, samples, patience):
        job = Job(lane.upper(), lane, samples, deadline=self.now + patience)
        self.jobs.append(job)
        self.drawn[job] = 0
        self.queue.add(job)

    @rule(most=st.integers(1, 12))
    def take(self, most):
        shares, late = self.queue.take(lambda lane, waiting: min(most, waiting), self.now)
        self.note(late)
        assert sum(share.stop - share.start for share in shares) <= most
        assert len({share.job.lane for share in shares}) <= 1
        for share in shares:
            assert share.job not in self.late
            assert share.job not in self.dropped
            assert share.start == self.drawn[share.job] < share.stop <= share.job.samples
            self.drawn[share.job] = share.stop
        if not shares:
            assert len(self.queue) == 0

    @rule(data=st.data())
    def drop(self, data):
        if self.jobs:
            job = data.draw(st.sampled_from(self.jobs))
            self.queue.drop(job)
            self.dropped[job] = True

    @rule(seconds=st.sampled_from([0.5, 2.0]))
    def wait(self, seconds):
        self.now += seconds

    @rule()
    def sweep(self):
        self.note(self.queue.drop_late(self.now))

    def note(self, late):
        for job in late:
            assert job not in self.late
            assert job not in self.dropped
            assert job.deadline < self.now
            self.late.add(job)

    @invariant()
    def counts_are_right(self):
        for name in "XYZ":
            left = [
                job.samples - self.drawn[job]
                for job in self.jobs
                if job.model == name and job not in self.late and job not in self.dropped
            ]
            assert self.queue.waiting(name) == sum(left)
        assert len(self.queue) == sum(self.queue.waiting(name) for name in "XYZ")

    def teardown(self):
        for _ in range(1000):
            shares, late = self.queue.take(lambda lane, waiting: 50, self.now)
            self.note(late)
            for share in shares:
                assert share.start == self.drawn[share.job]
                self.drawn[share.job] = share.stop
            if not shares:
                break
        for job in self.jobs:
            if job not in self.late and job not in self.dropped:
                assert self.drawn[job] == job.samples


Promises.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestPromises = Promises.TestCase
