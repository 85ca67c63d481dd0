"""Small games on images of one colour a class: what a generator makes of its classes, however the discriminator is told."""

from itertools import permutations

import games_together
import pytest
import torch

from ganzoo import both_players
from ganzoo.nn import as_output
from ganzoo.training.engine import Engine
from ganzoo_conditioning import REGULARIZERS

COLOURS = torch.tensor([[220.0, 30, 30], [30, 220, 30], [30, 30, 220]]) / 127.5 - 1
QUICK = both_players({"lr": 2e-3, "betas": (0.5, 0.9)})
GENTLE = both_players({"kind": "sgd", "lr": 0.02})
NAMES = [record.name for record in REGULARIZERS]


def play(state, iterations):
    engine = Engine(state)
    return [engine.d_step() | engine.g_step() for _ in range(iterations)]


@torch.no_grad()
def drawn(state):
    """z (150, 8), classes (150,) and images (150, 3, 8, 8), the same z for every class."""
    z = torch.randn(50, 8, generator=torch.Generator().manual_seed(5)).repeat(3, 1)
    classes = torch.arange(3).repeat_interleave(50)
    return z, classes, state.G(z, classes)


def hits(state):
    """(3, 3): of the images of each class, the share that is nearest to each colour."""
    _, _, images = drawn(state)
    nearest = (images.mean((2, 3))[:, None] - COLOURS).norm(dim=2).argmin(1)
    return torch.nn.functional.one_hot(nearest, 3).float().view(3, 50, 3).mean(1)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("2c", "infogan")])
def test_classes_get_their_colours(name, game):
    state = game(name, settings=QUICK)
    assert hits(state).diagonal().mean() < 0.6
    play(state, 250)
    assert hits(state).diagonal().min() > 0.9


def test_contrasted_classes_get_a_colour_each(game):
    """Not always their own: see ContraGAN's technique."""
    state = game("2c", settings=QUICK)
    play(state, 250)
    assert max(min(hits(state)[i, k] for i, k in enumerate(order)) for order in permutations(range(3))) > 0.9


def test_codes_can_be_read_off_the_images(game):
    state = game("infogan", settings=QUICK | {"z_distribution": "uniform"})
    play(state, 300)
    z, classes, images = drawn(state)
    with torch.no_grad():
        said = state.techniques["infogan"].Q(as_output(state.D(images, classes)).features)
    assert (said[:, :3].argmax(1) == classes).float().mean() > 0.9
    for k in range(2):
        assert torch.corrcoef(torch.stack([said[:, 3 + k], z[:, 6 + k]]))[0, 1] > 0.7


@pytest.mark.parametrize("name", ["ac", "tac", "adc", "multi-hinge", "2c", "d2d-ce", "infogan"])
def test_heads_learn(name, game):
    state = game(name, settings=QUICK)
    (technique,) = state.techniques.values()
    costs = [scalars[name] for scalars in play_d(state, 60)]
    assert torch.stack(costs[-5:]).mean() < 0.8 * torch.stack(costs[:5]).mean()
    assert all(p.isfinite().all() for p in technique.parameters())


def play_d(state, iterations):
    engine = Engine(state)
    return [engine.d_step() for _ in range(iterations)]


def test_two_processes_compare_the_whole_batch(tmp_path):
    settings = {"arch.hidden_g": [16], "arch.hidden_d": [16], "conditional": True, "regularizers.2c.width": 8}
    alone, together = tmp_path / "alone", tmp_path / "together"
    alone.mkdir()
    together.mkdir()
    games_together.play(alone, "mlp-ns", settings | GENTLE, 10)
    codes = games_together.together(2, games_together.play, together, "mlp-ns", settings | GENTLE, 10)
    assert codes == [0, 0]
    (expected,), (one, two) = ([torch.load(path) for path in sorted(where.iterdir())] for where in (alone, together))
    for player in "GD":
        torch.testing.assert_close(one[player], expected[player], rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(two[player], one[player], rtol=0, atol=0)
