import pytest

from ganzoo.diagnosis.players import GRADIENT, OVERFITTING, SLOPE, overfitting, saturation, vanishing_gradient


@pytest.mark.parametrize(("slope", "found"), [(0.0, True), (SLOPE * 0.99, True), (SLOPE, False), (1.0, False)])
def test_a_flat_loss_leaves_the_generator_without_a_gradient(history, config, slope, found):
    check = vanishing_gradient(history(g_slope=slope), config())
    assert check.found is found
    assert check.number == slope


def test_it_is_the_last_looks_that_count_and_one_of_them_may_be_an_accident(history, config):
    assert vanishing_gradient(history(g_slope=[0.5] * 8 + [0.0, 0.0]), config()).found
    assert not vanishing_gradient(history(g_slope=[0.5] * 9 + [0.0]), config()).found
    assert not vanishing_gradient(history(g_slope=[0.0] * 8 + [0.5, 0.5]), config()).found


@pytest.mark.parametrize(("last", "found"), [(0.0, True), (0.9 * GRADIENT, True), (1.1 * GRADIENT, False)])
def test_a_generator_that_stands_still_is_found_where_its_loss_is_steep(history, config, last, found):
    check = vanishing_gradient(history(g_slope=1.0, g_gradient=[1.0] * 7 + [last] * 3), config())
    assert check.found is found
    if found:
        assert check.number == last
        assert "stands still" in check.sentence
        assert check.advice == "--set optimizer_g.lr=2e-05"


@pytest.mark.parametrize("slope", [1e-5, 1.0])
def test_a_generator_that_never_moved_is_at_fault_itself_however_flat_its_loss(history, config, slope):
    check = vanishing_gradient(history(g_gradient=0.0, g_slope=slope), config(loss="mm"))
    assert check.found is True
    assert check.recipe == ""
    assert check.advice == "--set optimizer_g.lr=2e-05"


@pytest.mark.parametrize(("told", "found"), [(0.5, False), (0.59, False), (0.61, True), (0.39, True), (1.0, True)])
def test_a_game_that_came_to_rest_needs_no_gradient(history, config, told, found):
    assert vanishing_gradient(history(g_slope=0.0, told_apart=told), config()).found is found
    assert vanishing_gradient(history(g_gradient=0.0, told_apart=told), config()).found is found


def test_the_saturating_game_is_to_be_replaced_by_the_one_made_against_it(history, config):
    check = vanishing_gradient(history(g_slope=0.001), config(recipe="dcgan-mm", loss="mm"))
    assert check.command("dcgan-mm", "runs/1") == "ganzoo train dcgan-ns --config runs/1/config.json"


def test_a_discriminator_that_is_fooled_is_told_from_one_that_is_sure(history, config):
    fooled = vanishing_gradient(history(g_slope=0.001, told_apart=0.2), config(n_critic=2))
    sure = vanishing_gradient(history(g_slope=0.001, told_apart=1.0), config())
    assert "for real ones" in fooled.sentence
    assert fooled.advice == "--set n_critic=3"
    assert "so sure" in sure.sentence
    assert sure.advice == "--regularizer r1:gamma=1"


@pytest.mark.parametrize(("slope", "found"), [(0.0, True), (SLOPE * 0.99, True), (SLOPE, False)])
def test_a_discriminator_with_nothing_left_to_learn_is_saturated(history, config, slope, found):
    check = saturation(history(d_slope=slope), config())
    assert check.found is found
    assert ("sure of every image" in check.sentence) is found


@pytest.mark.parametrize(("share", "found"), [(-0.2, False), (OVERFITTING, False), (0.61, True), (2.5, True)])
def test_a_discriminator_overfits_if_unseen_images_look_generated_to_it(history, config, share, found):
    check = overfitting(history(overfitting=share), config())
    assert check.found is found
    assert check.number == share
    assert "r_t is 0.30" in check.sentence
    assert ("by heart" in check.sentence) is found


@pytest.mark.parametrize(
    ("signs", "why"),
    [
        ({"held_out_logits": None, "overfitting": None}, "no test split"),
        ({"overfitting": None}, "does not tell real from generated"),
    ],
)
def test_what_was_not_measured_is_not_found_and_the_reason_is_said(history, config, signs, why):
    signs = {name: [None] * 10 for name in signs}
    check = overfitting(history(**signs, r_t=1.0), config())
    assert check.found is None
    assert why in check.sentence
    assert "r_t is 1.00" in check.sentence  # shown, and alone no reason


@pytest.mark.parametrize("rule", [vanishing_gradient, saturation, overfitting])
def test_two_looks_are_too_few(history, config, rule):
    check = rule(history(looks=2, g_slope=0.0, d_slope=0.0, overfitting=2.0), config())
    assert check.found is None
    assert "3 looks" in check.sentence or "often enough" in check.sentence
