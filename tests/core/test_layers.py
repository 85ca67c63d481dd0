import pytest

from ganzoo.errors import ConfigError
from ganzoo.layers import attended_side, check_attention, check_conditioning


@pytest.mark.parametrize(("at", "side"), [(4, 4), (7, 4), (8, 8), (10, 8), (16, 16), (64, 16), (0, None)])
def test_attention_is_at_the_largest_maps_that_are_small_enough(at, side):
    assert attended_side("mine", at, [16, 4, 8]) == side


def test_attention_below_every_map_is_refused_with_the_smallest_there_is():
    with pytest.raises(
        ConfigError, match=r"(?s)^mine has no maps of at most 3 pixels.*of at least 4 here.*attention_at=0"
    ):
        attended_side("mine", 3, [16, 4, 8])


def test_attention_needs_an_eighth_of_the_channels_to_be_one():
    check_attention("mine", 16, 8, "arch.width_g=4")
    with pytest.raises(
        ConfigError,
        match=r"(?s)^mine has 7 channels at 16 pixels.*expected 8\..*'--set arch.width_g=4'.*attention_at=0",
    ):
        check_attention("mine", 16, 7, "arch.width_g=4")


def test_only_classes_that_steer_norms_need_batch_norm():
    for conditioning, norm, num_classes in (("cbn", "batch", 3), ("concat", "none", 3), ("cbn", "none", 0)):
        check_conditioning(conditioning, norm, num_classes)
    with pytest.raises(ConfigError, match=r"arch\.norm_g is layer"):
        check_conditioning("cbn", "layer", 3)
