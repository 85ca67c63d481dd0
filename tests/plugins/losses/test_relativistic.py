import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ganzoo_losses.relativistic import MARGINS, average_loss, paired_loss

quick = settings(deadline=None, max_examples=50)
logits = st.lists(st.floats(-20, 20), min_size=4, max_size=4)


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("margin", "expected"),
    [("logistic", [math.log(1 + math.exp(-2)), math.log(2)]), ("hinge", [0.0, 1.0]), ("least-squares", [1.0, 1.0])],
)
def test_a_pair_costs_by_its_difference(margin, expected):
    loss = paired_loss(winning=tensor(3, -1), losing=tensor(1, -1), margin=MARGINS[margin])
    torch.testing.assert_close(loss, tensor(*expected))


def test_against_the_average_by_hand():
    real, fake = [1.0, 3.0], [-1.0, 0.0]
    found = average_loss(winning=tensor(*real), losing=tensor(*fake), margin=MARGINS["least-squares"])
    expected = [(r - (-0.5) - 1) ** 2 + (2.0 - f - 1) ** 2 for r, f in zip(real, fake, strict=True)]
    torch.testing.assert_close(found, tensor(*expected))


@quick
@given(logits, logits, st.floats(-50, 50), st.sampled_from(sorted(MARGINS)))
def test_only_differences_count(winning, losing, level, margin):
    winning, losing = tensor(*winning), tensor(*losing)
    for loss in (paired_loss, average_loss):
        moved = loss(winning=winning + level, losing=losing + level, margin=MARGINS[margin])
        torch.testing.assert_close(moved, loss(winning=winning, losing=losing, margin=MARGINS[margin]))


@pytest.mark.parametrize("name", ["rpgan", "ragan"])
@pytest.mark.parametrize("margin", sorted(MARGINS))
def test_the_generator_plays_the_discriminators_part_with_the_sides_exchanged(game, name, margin):
    game, real, fake = game(name, margin=margin), torch.randn(5), torch.randn(5)
    torch.testing.assert_close(
        game.g_loss(fake_logits=fake, real_logits=real), game.d_loss(real_logits=fake, fake_logits=real)
    )


def test_equal_distributions_cost_log_2_a_side(game):
    same = torch.zeros(8)
    for name, sides in (("rpgan", 1), ("ragan", 2)):
        torch.testing.assert_close(
            game(name).d_loss(real_logits=same, fake_logits=same), torch.full((8,), sides * math.log(2))
        )
