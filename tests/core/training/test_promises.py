"""What plugins build is held against their promises, and a breach is named with its plugin before a game begins."""

import pytest
import torch
from torch import nn

from ganzoo import Game, ImageShape
from ganzoo.errors import BrokenPlugin
from ganzoo.nn import DOutput
from ganzoo.techniques import Technique, Transform
from ganzoo.training.promises import require_game, require_players, require_technique, require_transform

SHAPE = ImageShape(1, 8, 8)
WHO = "The architecture 'mine' (plugin 'p')"


class Gives(nn.Module):
    """Whatever ``make(batch)`` says."""

    def __init__(self, make):
        super().__init__()
        self.make, self.weight = make, nn.Parameter(torch.ones(1))

    def forward(self, x, c=None):
        return self.make(len(x))


def generator():
    return Gives(lambda n: torch.zeros(n, 1, 8, 8))


def discriminator():
    return Gives(lambda n: DOutput(torch.zeros(n)))


def try_players(G, D, num_classes=0):
    require_players(G, D, SHAPE, 4, num_classes, WHO)


@pytest.mark.parametrize("num_classes", [0, 3])
def test_players_that_keep_their_promises_pass_and_stay_in_training_mode(num_classes):
    G, D = generator(), discriminator()
    try_players(G, D, num_classes)
    try_players(G, Gives(lambda n: torch.zeros(n, 1)))
    assert G.training
    assert D.training


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda n: torch.zeros(n, 3, 8, 8), r"made shape \(2, 3, 8, 8\) of z \(2, 4\); expected \(2, 1, 8, 8\)"),
        (lambda n: torch.zeros(n, 64), r"expected \(2, 1, 8, 8\)"),
        (lambda n: None, "made NoneType"),
        (lambda n: torch.full((n, 1, 8, 8), 9.0), r"values of up to 9; expected \[-1, 1\]"),
        (lambda n: torch.full((n, 1, 8, 8), torch.nan), "values of up to nan"),
    ],
)
def test_a_generator_of_another_shape_or_range_is_named(made, said):
    with pytest.raises(BrokenPlugin, match=f"The architecture 'mine' \\(plugin 'p'\\): its generator .*{said}"):
        try_players(Gives(made), discriminator())


@pytest.mark.parametrize(
    "given",
    [lambda n: torch.zeros(n, 2), lambda n: torch.zeros(n // 2), lambda n: DOutput(torch.zeros(())), lambda n: None],
)
def test_a_discriminator_without_a_logit_for_each_image_is_named(given):
    with pytest.raises(
        BrokenPlugin, match=r"plugin 'p'.*its discriminator gave logits .* for 2 images; expected \(2,\)"
    ):
        try_players(generator(), Gives(given))


def test_players_that_share_weights_are_named():
    G, D = generator(), discriminator()
    D.weight = G.weight
    with pytest.raises(BrokenPlugin, match=r"plugin 'p'.*share weights; expected networks of their own"):
        try_players(G, D)


def test_an_error_of_the_networks_own_keeps_its_traceback_and_gains_their_name():
    def fail(n):
        raise RuntimeError("mat1 and mat2")

    with pytest.raises(RuntimeError, match="mat1 and mat2") as caught:
        try_players(Gives(fail), discriminator())
    assert WHO in caught.value.__notes__[0]


def logits(*, fake_logits, real_logits=None):
    return fake_logits


@pytest.mark.parametrize(
    ("game", "said"),
    [
        (None, "built NoneType; expected a ganzoo.Game"),
        ((logits, logits), "built tuple"),
        (Game(logits, lambda *, fake_logits, real_logits=None: fake_logits.mean()), r"its g_loss gave shape \(\)"),
        (Game(lambda *, real_logits, fake_logits: 0.0, logits), "its d_loss gave float"),
    ],
)
def test_a_loss_that_is_no_game_of_per_sample_functions_is_named(game, said):
    require_game(Game(logits, logits), WHO)
    with pytest.raises(BrokenPlugin, match=f"plugin 'p'.*{said}"):
        require_game(game, WHO)


def test_a_regularizer_must_build_a_technique():
    require_technique(Technique(), [generator(), discriminator()], WHO)
    with pytest.raises(BrokenPlugin, match=r"built Identity; expected a ganzoo\.techniques\.Technique"):
        require_technique(nn.Identity(), [generator(), discriminator()], WHO)


@pytest.mark.parametrize("interval", [0, -1, 2.0, None])
def test_the_interval_of_a_technique_counts_updates(interval):
    technique = Technique()
    technique.interval = interval
    with pytest.raises(BrokenPlugin, match=f"plugin 'p'.* has interval {interval}; expected"):
        require_technique(technique, [generator(), discriminator()], WHO)


class Changed(Transform):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, images, random):
        return self.layer(images)


def test_an_augmentation_must_keep_the_shape_and_draws_nothing_from_the_run():
    state = torch.get_rng_state()
    require_transform(Changed(nn.Dropout(0.5)), SHAPE, WHO)
    assert torch.equal(state, torch.get_rng_state())
    with pytest.raises(BrokenPlugin, match=r"made shape \(2, 1, 7, 8\) of images \(2, 1, 8, 8\); expected the same"):
        require_transform(Changed(nn.MaxPool2d((2, 1), stride=1)), SHAPE, WHO)
    with pytest.raises(BrokenPlugin, match=r"built function; expected a ganzoo\.techniques\.Transform"):
        require_transform(test_a_regularizer_must_build_a_technique, SHAPE, WHO)
