import pytest
from onnx import TensorProto, helper

from ganzoo_serve.generator import Generator
from ganzoo_serve.models import tuning
from ganzoo_serve.models.determinism import probe
from ganzoo_serve.models.tuning import tune
from ganzoo_serve.testing import make_metadata, write_model


def mix_with_neighbours(strength):
    """Add ``strength`` times the batch's mean to every latent: what a batch norm left in training mode does."""

    def edit(model):
        graph = model.graph
        for node in graph.node:
            for index, name in enumerate(node.input):
                if name == "z":
                    node.input[index] = "mixed"
        graph.initializer.append(helper.make_tensor("strength", TensorProto.FLOAT, [], [strength]))
        graph.initializer.append(helper.make_tensor("axis", TensorProto.INT64, [1], [0]))
        graph.node.insert(0, helper.make_node("ReduceMean", ["z", "axis"], ["mean"], keepdims=1))
        graph.node.insert(1, helper.make_node("Mul", ["mean", "strength"], ["part"]))
        graph.node.insert(2, helper.make_node("Add", ["z", "part"], ["mixed"]))

    return edit


def load(path):
    data = path.read_bytes()
    return data, Generator.from_bytes(data, path=path, device="cpu")


@pytest.mark.parametrize("output", ["uint8", "float"])
def test_a_sound_model_gives_the_same_bits_in_every_batch(tmp_path, output):
    data, generator = load(write_model(tmp_path / "m.onnx", make_metadata(output=output, classes=("a", "b"))))
    assert probe(data, generator, (1, 2, 4), device="cpu") == "bitexact"
    tuned = tune(data, generator, device="cpu")
    assert tuned.grade == "bitexact"
    assert generator.sizes[0] == 1
    assert generator.group >= generator.batch_size == max(generator.sizes)
    assert all(seconds > 0 for seconds in tuned.seconds.values())


def test_neighbours_that_show_before_rounding_are_found_though_no_pixel_moves(tmp_path):
    data, generator = load(write_model(tmp_path / "m.onnx", make_metadata(), edit=mix_with_neighbours(1e-6)))
    alone, together = generator.sample(range(64)), None
    generator.sizes = (64,)
    together = generator.sample(range(64))
    assert (alone != together).mean() < 1e-3
    assert probe(data, generator, (1, 8), device="cpu") == "lsb1"


def test_neighbours_that_change_the_picture_are_found(tmp_path):
    data, generator = load(write_model(tmp_path / "m.onnx", make_metadata(), edit=mix_with_neighbours(1.0)))
    assert probe(data, generator, (1, 8), device="cpu") == "none"


def test_such_a_model_is_drawn_one_at_a_time_where_it_is_exact(tmp_path):
    """With one batch size, 1 on a CPU, every image is alone, whatever the model does with neighbours."""
    data, generator = load(write_model(tmp_path / "m.onnx", make_metadata(), edit=mix_with_neighbours(1.0)))
    tuned = tune(data, generator, device="cpu")
    assert generator.sizes == (1,)
    assert tuned.grade == "bucket"


def test_the_first_run_of_a_size_is_not_counted(tmp_path, monkeypatch):
    _, generator = load(write_model(tmp_path / "m.onnx", make_metadata()))
    now, costs = 0.0, {1: iter([9.0] + [0.004] * 20), 8: iter([9.0] + [0.008] * 20)}

    def run_once(z, labels, truncation, size):
        nonlocal now
        now += next(costs[size])

    monkeypatch.setattr(generator, "run_once", run_once)
    monkeypatch.setattr(tuning.time, "perf_counter", lambda: now)
    assert tuning._seconds(generator, [1, 8]) == pytest.approx({1: 0.004, 8: 0.001})


def test_a_larger_size_has_to_win_by_more_than_chance():
    assert tuning._best({1: 1.0, 2: 0.99, 4: 0.985}) == 1
    assert tuning._best({1: 1.0, 2: 0.99, 8: 0.97}) == 8
    assert tuning._best({1: 1.0, 2: 0.95, 4: 0.92, 8: 0.89}) == 8


def test_a_size_that_fills_the_cache_has_to_win_by_much():
    assert tuning._best({1: 1.0, 8: 0.9, 16: 0.85, 32: 0.83}) == 8
    assert tuning._best({1: 1.0, 2: 0.85, 8: 0.8, 16: 0.6, 32: 0.55}) == 16


def test_of_tensorrt_the_engine_itself_is_looked_at_not_another_one(tmp_path):
    """Here another could not even be opened: there is no TensorRT."""
    data, generator = load(write_model(tmp_path / "m.onnx", make_metadata(classes=("a", "b"))))
    generator.device = "tensorrt"
    tuned = tune(data, generator, device="tensorrt")
    assert tuned.grade == "bitexact"
    assert set(tuned.seconds) == {1, 2, 4, 8, 16, 32, 64}
    data, generator = load(write_model(tmp_path / "n.onnx", make_metadata(), edit=mix_with_neighbours(1.0)))
    generator.device = "tensorrt"
    assert probe(data, generator, (1, 8), device="tensorrt") == "none"
