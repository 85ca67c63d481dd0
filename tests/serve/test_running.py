"""Runs through bound tensors: on the CPU for real, where they give the same images; recorded ones by pretending."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from ganzoo_serve import running, runtime
from ganzoo_serve.errors import ModelError
from ganzoo_serve.generator import Generator
from ganzoo_serve.graph import expected_inputs
from ganzoo_serve.running import BoundRuns, PlainRuns, open_runs
from ganzoo_serve.testing import make_metadata, make_model

OUTPUT = ("images", (8, 8, 3), np.dtype(np.uint8))
IMAGES = np.zeros((2, 8, 8, 3), np.uint8)


@pytest.mark.parametrize("name", ["plain", "classy", "truncated", "floaty"])
def test_bound_tensors_give_the_images_of_plain_arrays(generators, monkeypatch, name):
    plain = generators[name]
    monkeypatch.setattr(running, "PlainRuns", BoundRuns)
    bound = Generator.load(plain.path, device="cpu")
    assert isinstance(bound._runs, BoundRuns)
    bound.use((1, 2, 4), 4)
    truncation = 0.5 if plain.metadata.truncation else None
    for n in (1, 2, 3, 7, 1):
        images = bound.sample(range(n), truncation=truncation)
        np.testing.assert_array_equal(images, plain.sample(range(n), truncation=truncation))


@pytest.fixture
def bound(plain):
    return BoundRuns(runtime.create_session(plain.path.read_bytes(), device="cpu"), OUTPUT)


def test_images_stay_when_the_tensors_are_used_again(bound, plain):
    first = bound({"z": plain.latents([1, 2])}, 2)
    kept = first.copy()
    assert (bound({"z": plain.latents([3, 4])}, 2) != kept).any()
    np.testing.assert_array_equal(first, kept)


def test_many_threads_get_their_own_images_from_one_that_runs(bound, plain, monkeypatch):
    names = set()
    run = runtime.Binding.run

    def seen(self, inputs):
        names.add(threading.current_thread().name)
        return run(self, inputs)

    monkeypatch.setattr(runtime.Binding, "run", seen)
    with ThreadPoolExecutor(8) as pool:
        drawn = list(pool.map(lambda seed: bound({"z": plain.latents([seed])}, 1)[0], range(64)))
    np.testing.assert_array_equal(drawn, plain.sample(range(64)))
    assert len(names) == 1
    assert names.pop().startswith("ganzoo-gpu")


class Pretended:
    """Bindings of a GPU whose clock we turn: what a run takes and gives, plain and recorded."""

    def __init__(self, monkeypatch, *, plain_s=1.0, recorded_s=0.5, recorded=IMAGES, failure=None):
        self.now, self.seconds, self.images, self.failure = 0.0, (plain_s, recorded_s), recorded, failure
        monkeypatch.setattr(running.runtime, "Binding", self.bind)
        monkeypatch.setattr(running.time, "perf_counter", lambda: self.now)

    def bind(self, session, inputs, output, *, graph=None):
        pretended = self

        class Binding:
            def __init__(self):
                self.graph, self.session = graph, session

            def run(self, inputs):
                if graph is not None and pretended.failure:
                    raise pretended.failure
                pretended.now += pretended.seconds[graph is not None]
                return IMAGES if graph is None else pretended.images

        return Binding()


def recorded_sizes(*sizes):
    runs = BoundRuns("recording", OUTPUT, plain=lambda: "plain")
    for size in sizes:
        np.testing.assert_array_equal(runs({}, size), IMAGES)
    return runs.recorded


def test_runs_are_recorded_size_by_size_where_that_is_faster(monkeypatch):
    pretended = Pretended(monkeypatch)
    assert recorded_sizes(1, 2) == (1, 2)
    pretended.seconds = (1.0, 0.99)
    assert recorded_sizes(1, 2) == ()


def test_recorded_runs_that_give_other_images_are_not_used(monkeypatch):
    Pretended(monkeypatch, recorded=IMAGES + 1)
    assert recorded_sizes(2) == ()


def test_where_recording_fails_another_session_goes_on_without(monkeypatch):
    Pretended(monkeypatch, failure=RuntimeError("operation not permitted when stream is capturing"))
    runs = BoundRuns("recording", OUTPUT, plain=lambda: "plain")
    for size in (1, 2):
        np.testing.assert_array_equal(runs({}, size), IMAGES)
    assert (runs.session, runs.recorded) == ("plain", ())


def test_a_session_without_graphs_is_asked_for_none(monkeypatch):
    Pretended(monkeypatch, failure=AssertionError("recorded"))
    runs = BoundRuns("plain", OUTPUT)
    runs({}, 2)
    assert runs.recorded == ()


def test_how_runs_are_opened_follows_where_the_session_runs(monkeypatch):
    asked, refused, where = [], set(), "cuda"

    def create_session(model, *, graphs, **rest):
        asked.append(graphs)
        if graphs in refused:
            raise ModelError("a node is on the CPU")
        return graphs

    monkeypatch.setattr(running.runtime, "create_session", create_session)
    monkeypatch.setattr(running.runtime, "session_device", lambda session: where)

    def opened(device):
        asked.clear()
        return open_runs(b"", OUTPUT, device=device, source="m", batches=({}, (1,)))

    recording = opened("auto")
    assert isinstance(recording, BoundRuns)
    assert (asked, recording.session) == ([True], True)
    refused = {True}
    plain = opened("cuda")
    assert isinstance(plain, BoundRuns)
    assert (asked, plain.session) == ([True, False], False)
    where = "tensorrt"
    assert isinstance(opened("tensorrt"), BoundRuns)
    assert asked == [False]
    refused, where = set(), "cpu"
    assert isinstance(opened("auto"), PlainRuns)
    assert isinstance(opened("cpu"), PlainRuns)
    assert asked == [False]


def test_a_model_that_the_runtime_refuses_is_refused_whatever_the_way():
    model = make_model(make_metadata())
    model.graph.node[0].op_type = "NoSuchOperator"
    batches = expected_inputs(make_metadata()), (1,)
    for device in ("cpu", "auto"):
        with pytest.raises(ModelError, match=r"cannot load m\.onnx"):
            open_runs(model.SerializeToString(), OUTPUT, device=device, source="m.onnx", batches=batches)
