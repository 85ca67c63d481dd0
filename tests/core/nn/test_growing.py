"""Networks that grow: where they stand, what of them is in play, and that copies and checkpoints stand there too."""

from copy import deepcopy

import pytest
import torch
from torch import nn

from ganzoo.nn import Growing, coarse


class Growth(Growing):
    """A stage for every hundred images, up to stage 3."""

    def __init__(self, last=3):
        super().__init__(last)
        self.weight = nn.Parameter(torch.zeros(()))

    def level_at(self, nimg):
        return nimg / 100


def stands_at(network):
    return network.stage, network.fading, network.fade.item()


def test_a_network_is_built_full_grown():
    assert stands_at(Growth()) == (3, False, 1.0)


@pytest.mark.parametrize(
    ("nimg", "where"),
    [
        (0, (0, False, 1.0)),
        (25, (1, True, 0.25)),
        (100, (1, False, 1.0)),
        (150, (2, True, 0.5)),
        (200, (2, False, 1.0)),
        (275, (3, True, 0.75)),
        (300, (3, False, 1.0)),
        (10**9, (3, False, 1.0)),
    ],
)
def test_the_newest_stage_fades_in_from_one_whole_level_to_the_next(nimg, where):
    network = Growth()
    network.grow(nimg)
    assert stands_at(network) == where


@pytest.mark.parametrize("nimg", range(1, 300, 7))
def test_what_is_fading_has_come_in_by_more_than_nothing_and_less_than_all(nimg):
    network = Growth()
    network.grow(nimg)
    assert network.fading == (nimg % 100 != 0)
    assert 0 < network.fade.item() <= 1
    assert (network.fade.item() < 1) == network.fading
    assert network.stage - 1 + network.fade.item() == pytest.approx(nimg / 100, abs=2**-16)


@pytest.mark.parametrize("level", [1 + 1e-9, 2 - 1e-9, 1.1, 0.7300001])
def test_a_checkpoint_holds_the_level_to_the_last_digit(level):
    # A level that float32 rounds would stand at another stage when it is loaded.
    network, other = Growth(), Growth()
    network.stand(level)
    other.load_state_dict(network.state_dict())
    assert stands_at(other) == stands_at(network)


def test_there_is_nothing_below_the_first_stage_and_above_the_last():
    network = Growth()
    network.stand(-1)
    assert stands_at(network) == (0, False, 1.0)
    network.stand(7.5)
    assert stands_at(network) == (3, False, 1.0)


def test_weights_bring_their_level_with_them_also_within_another_module():
    one, other = nn.Sequential(nn.Linear(1, 1), Growth()), nn.Sequential(nn.Linear(1, 1), Growth())
    one[1].stand(1.25)
    other.load_state_dict(one.state_dict())
    assert stands_at(other[1]) == (2, True, 0.25)
    assert [name for name in one.state_dict() if name.startswith("1.")] == ["1.weight", "1.level"]


def test_a_copy_stands_where_its_model_stood_and_grows_by_itself():
    network = Growth()
    network.stand(0.5)
    copy = deepcopy(network)
    network.stand(2)
    assert stands_at(copy) == (1, True, 0.5)
    assert stands_at(network) == (2, False, 1.0)


def test_the_level_stays_one_tensor_which_a_recording_reads():
    network = Growth()
    level = network.level
    network.grow(150)
    assert network.level is level
    assert level.item() == 1.5


def test_on_the_meta_device_stages_are_known_and_levels_are_not():
    with torch.device("meta"):
        network = Growth()
    network.grow(150)
    assert (network.stage, network.fading) == (2, True)
    with torch.device("meta"):
        network.load_state_dict(Growth().state_dict())
    assert (network.stage, network.fading) == (2, True)


def test_real_images_are_shown_as_they_are_unless_a_family_says_otherwise():
    images = torch.rand(2, 3, 4, 4)
    assert Growth().shown(images) is images


def test_what_is_coarse_yet_says_where_it_stands_and_when_it_is_full_grown():
    network = nn.Sequential(nn.Identity(), Growth())
    assert coarse(network, 150) == (
        "After 0.15 kimg the networks stand at 1.50 of 3 stages of growth, and images are coarser than their size; "
        "full-grown they are after 0.3 kimg."
    )
    assert coarse(network, 299)
    assert not coarse(network, 300)
    assert not coarse(nn.Identity(), 0)
    network[1].level_at = lambda nimg: 1.0
    assert coarse(network, 300).endswith("full-grown they are never.")
