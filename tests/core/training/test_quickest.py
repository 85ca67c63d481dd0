import pytest
import torch

from ganzoo.config import Layer, resolve
from ganzoo.registry import get_registry
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.training import resume, setup, start
from ganzoo.training.quickest import choose_precision

TINY = {"batch_size": 8, "resolution": 8, "arch.hidden_g": [8], "arch.hidden_d": [8], "steps": 2}


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"fp32": 1.0, "bf16": 0.5}, "bf16"),
        ({"fp32": 1.0, "bf16": 0.97}, "fp32"),
        ({"fp32": 1.0, "bf16": 3.0}, "fp32"),
        ({"fp32": 1.0, "tf32": 0.4, "bf16": 0.5}, "tf32"),
    ],
)
def test_the_fastest_is_taken_if_it_is_much_faster(seconds, chosen):
    assert choose_precision(seconds) == chosen


@pytest.fixture
def quick_bf16(monkeypatch):
    """The measurement is made, and what it finds is that bf16 is the faster."""
    found, measure = [], setup.time_precisions

    def measured(*given):
        found.append(measure(*given))
        return {"fp32": 2.0, "bf16": 1.0}

    monkeypatch.setattr(setup, "time_precisions", measured)
    return found


def run(folder, **settings):
    registry = get_registry()
    start(resolve("mlp-wgangp", registry, [Layer("test", TINY | settings)]), registry, folder)
    return RunFolder(folder)


def test_what_was_measured_stands_in_the_run_and_is_not_measured_again(tmp_path, quick_bf16, capsys):
    auto = run(tmp_path / "auto", precision="auto")
    resolved, _ = auto.read_config()
    assert (resolved.config.precision, resolved.origins["precision"]) == ("bf16", "measured here")
    assert "Precision bf16: fp32 2000 ms an iteration, bf16 1000 ms" in capsys.readouterr().err
    (seconds,) = quick_bf16
    assert seconds.keys() == {"fp32", "bf16"}
    assert all(value > 0 for value in seconds.values())
    resume(auto.path, get_registry(), steps=3)
    assert len(quick_bf16) == 1


def test_the_measurement_leaves_no_trace_in_the_game(tmp_path, quick_bf16):
    chosen, measured = run(tmp_path / "chosen", precision="bf16"), run(tmp_path / "measured", precision="auto")
    one, other = (checkpoints(folder.checkpoints)[0].read_bytes() for folder in (chosen, measured))
    assert one == other
    assert torch.get_float32_matmul_precision() == "highest"
