from pathlib import Path

import pytest
import torch

from ganzoo.bench.speed import measure_speed
from ganzoo.config import Layer, resolve
from ganzoo.errors import ConfigError
from ganzoo.registry import get_registry
from ganzoo.training import prepare

HANDLOOP = Path(__file__).parents[2] / "benchmarks" / "handloop.py"
TINY = {"batch_size": 8, "resolution": 8, "arch.hidden_g": [8], "arch.hidden_d": [8]}


def game(name, **settings):
    registry = get_registry()
    return prepare(resolve(name, registry, [Layer("test", TINY | settings)]), registry)[1]


def test_an_iteration_is_n_critic_updates_and_one_of_the_generator():
    state = game("mlp-wgangp", n_critic=3)
    speed = measure_speed(state, rounds=2)
    assert speed.images_per_s == pytest.approx(3 * 8 * speed.iterations_per_s)
    assert list(speed.phases) == ["data", "critic", "penalty", "generator", "EMA", "logging"]
    assert set(state.techniques) == {"gradient-penalty"}
    assert speed.memory > 1e6


def test_what_is_counted_is_what_the_networks_multiply():
    """A layer of a by b multiplies 2 a b numbers an image forward, as many for its weights' gradient, as many for its input's."""
    state = game("mlp-ns")
    speed = measure_speed(state, rounds=1)
    widths = {network: [p.shape for p in getattr(state, network).parameters() if p.dim() == 2] for network in "GD"}
    G, D = (8 * sum(2 * a * b for a, b in widths[network]) for network in "GD")
    first_g, first_d = (8 * 2 * widths[network][0].numel() for network in "GD")
    d_update = G + 2 * (3 * D - first_d)  # G forward; D on both, and no gradient of images
    g_update = G + D + D + (2 * G - first_g)  # forward, back through D to the images, and through G
    assert speed.flops == d_update + g_update


def test_a_game_without_techniques_has_no_penalty():
    assert measure_speed(game("mlp-ns"), rounds=1).phases["penalty"] == 0


@pytest.mark.parametrize("name", ["mlp-wgangp", "mlp-ns", "maxout-mm", "mlp-hinge"])
def test_a_loop_by_hand_plays_between_and_leaves_ours_alone(name):
    state = game(name, **({"arch.hidden_d": [4]} if name.startswith("maxout") else {}))
    before = [p.detach().clone() for p in state.G.parameters()]
    speed = measure_speed(state, rounds=2, against=HANDLOOP)
    assert len(speed.ratios) == 2
    assert all(ratio > 0 for ratio in speed.ratios)
    assert any(not torch.equal(a, b) for a, b in zip(before, state.G.parameters(), strict=True))


@pytest.mark.parametrize("content", ["x = 1", None])
def test_a_file_that_is_no_loop_is_answered_with_what_is_expected(tmp_path, content):
    if content:
        (tmp_path / "loop.py").write_text(content)
    with pytest.raises(ConfigError, match=r"build\(config, G, D, images, labels\)"):
        measure_speed(game("mlp-ns"), rounds=1, against=tmp_path / "loop.py")
