"""A game of points in the plane, from the command line to the score."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

from ganzoo.config import Layer, resolve
from ganzoo.registry import get_registry
from ganzoo.runs.folder import checkpoints
from ganzoo.training import resume, start
from ganzoo.training.plane import FIELD, SIDE, picture


def test_the_picture_shows_where_points_lie_and_what_the_discriminator_says():
    logits = torch.linspace(-5, 5, FIELD).expand(FIELD, FIELD)  # real to the right
    drawn = picture(logits, real=torch.tensor([[0.5, 0.5]]), generated=torch.tensor([[-0.5, 0.5], [9.0, 9.0]]))
    assert drawn.shape == (SIDE, SIDE, 3)
    quarter = SIDE // 4
    assert drawn[quarter, 3 * quarter].tolist() == [60, 60, 60]
    assert drawn[quarter, quarter].tolist() == [200, 40, 40]
    assert drawn[1, SIDE - 2].tolist() == [200, 40, 40]  # beyond the edge: drawn at it
    left, right = drawn[-5, 5].astype(int), drawn[-5, -5].astype(int)
    assert left[0] > left[2]
    assert right[2] > right[0]


def test_only_the_order_of_logits_counts():
    logits = torch.randn(FIELD, FIELD)
    nowhere = torch.empty(0, 2)
    np.testing.assert_array_equal(picture(logits, nowhere, nowhere), picture((3 * logits).exp(), nowhere, nowhere))


@pytest.mark.parametrize("conditional", [False, True])
def test_a_run_is_drawn_and_gone_on_with(conditional, tmp_path):
    registry = get_registry()
    settings = {"arch.width": 8, "batch_size": 8, "steps": 2, "conditional": conditional, "dataset": "ring8"}
    start(resolve("toy-ns", registry, [Layer("test", settings)]), registry, tmp_path / "run")
    resume(tmp_path / "run", registry, steps=4)
    config = json.loads((tmp_path / "run" / "config.json").read_text())["config"]
    assert config["resolution"] is None
    assert len(checkpoints(tmp_path / "run" / "checkpoints")) == 2
    last = sorted((tmp_path / "run" / "samples").iterdir())[-1]
    with Image.open(last) as drawn:
        assert drawn.size == (SIDE, SIDE)


def test_from_the_command_line_to_the_score(ganzoo):
    trained = ganzoo("train", "toy-ns", "--steps", 20, "--set", "arch.width=16", "--out", "run")
    assert trained.exit_code == 0, trained.stderr
    exported = ganzoo("export", "run")
    assert exported.exit_code == 0, exported.stderr
    scored = ganzoo("eval", "run/model.onnx", "--features", "points", "--metrics", "fid,modes", "--samples", 500)
    assert scored.exit_code == 0, scored.stderr
    for name in ("fid", "modes_found", "high_quality", "modes_kl"):
        assert name in scored.stdout
    assert ganzoo(
        "eval", "run/model.onnx", "--features", "points", "--metrics", "modes", "--dataset", "mnist"
    ).exit_code
    refused = ganzoo("train", "toy-ns", "--resolution", 16)
    assert refused.exit_code == 2
    assert "is not resized" in refused.stderr
