"""Several seeds of one configuration, as what is drawn of them."""

import math

import numpy as np
import pytest
from made_up_runs import diverged, records

from ganzoo.config import TrainConfig
from ganzoo.errors import RunError
from ganzoo.report import Group
from ganzoo.report.group import POINTS, step_of
from ganzoo.training.engine import critic_steps


def log(*values, name="fid", steps=None):
    steps = steps or range(1, len(values) + 1)
    return [{"nimg": 10 * step, "g_steps": step, name: value} for step, value in zip(steps, values, strict=True)]


def test_a_curve_is_the_mean_and_the_range_over_the_seeds(written):
    group = Group("both", [written("a", log(1.0, 2.0, 6.0)), written("b", log(3.0, 2.0, 0.0), seed=1)])
    curve = group.curve("fid")
    np.testing.assert_array_equal(curve.steps, [1, 2, 3])
    np.testing.assert_array_equal(curve.mean, [2, 2, 3])
    np.testing.assert_array_equal(curve.low, [1, 2, 0])
    np.testing.assert_array_equal(curve.high, [3, 2, 6])
    assert curve.runs == 2
    assert group.last("fid") == [6.0, 0.0]
    assert group.typical("fid") == 2.0


def test_uneven_moments_keep_their_own_values(written):
    """Scores are taken where the user says: a window would mix those that are near each other."""
    values = (400.0, 90.0, 20.0, 10.0)
    curve = Group("a", [written("a", log(*values, steps=(0, 50, 60, 100)))]).curve("fid")
    np.testing.assert_array_equal(curve.steps, [0, 50, 60, 100])
    np.testing.assert_array_equal(curve.mean, values)


def test_a_seed_is_read_between_its_moments_where_another_has_one(written):
    runs = [written("a", log(0.0, 4.0, steps=(0, 4))), written("b", log(2.0, 2.0, 2.0, steps=(0, 1, 4)), seed=1)]
    curve = Group("both", runs).curve("fid")
    np.testing.assert_array_equal(curve.steps, [0, 1, 4])
    np.testing.assert_allclose(curve.mean, [1, 1.5, 3])


def test_a_curve_goes_as_far_as_all_its_seeds_do(written):
    runs = [written("a", log(*range(5))), written("b", log(*range(3)), seed=1), written("c", log(9.0, name="other"))]
    curve = Group("three", runs).curve("fid")
    np.testing.assert_array_equal(curve.steps, [1, 2, 3])
    assert curve.runs == 2  # the third never had it


def test_what_nobody_logged_or_never_at_one_time_is_no_curve(written):
    apart = [written("a", log(1.0, 1.0)), written("b", log(1.0, steps=(7,)), seed=1)]
    assert Group("apart", apart).curve("fid") is None
    assert Group("apart", apart).curve("kid") is None
    assert Group("apart", apart).typical("kid") is None


def test_values_that_are_no_numbers_leave_the_others_in_place(written):
    curve = Group("a", [written("a", log(1.0, math.nan, 3.0, math.inf))]).curve("fid")
    np.testing.assert_array_equal(curve.steps, [1, 3])
    np.testing.assert_array_equal(curve.mean, [1, 3])


def test_a_long_curve_is_drawn_by_fewer_points_which_are_means(written):
    count = 10 * (POINTS - 1) + 1
    noise = [float(step + 5 * (-1) ** step) for step in range(count)]
    curve = Group("a", [written("a", log(*noise, steps=range(count)))]).curve("fid")
    assert len(curve.steps) == POINTS
    width = 10
    for place in (1, 77, POINTS - 2):
        around = [noise[step] for step in range(count) if abs(step - curve.steps[place]) <= width / 2]
        assert curve.mean[place] == pytest.approx(np.mean(around))
    assert abs(curve.mean - curve.steps)[1:-1].max() < 1  # the noise of 5 is averaged away


def test_a_point_that_was_logged_by_others_only_lies_between_neighbours(written):
    """Of a long log that has a gap."""
    steps = [*range(300), *range(500, 800)]
    curve = Group("a", [written("a", log(*map(float, steps), steps=steps))]).curve("fid")
    np.testing.assert_allclose(curve.mean, curve.steps, atol=1.5)


def test_runs_without_anything_logged_are_an_error_with_a_sentence(written, tmp_path):
    with pytest.raises(RunError, match="has logged nothing yet; look again when it has trained for a while"):
        Group("a", [written("a")]).names()


def test_the_names_are_those_of_numbers(written):
    run = written("a", [{"nimg": 10, "g_steps": 1, "d_loss": 1.0, "findings": ["x"], "diverged": "g_loss"}])
    assert Group("a", [run]).names() == {"d_loss"}


def config(**settings):
    return TrainConfig(recipe="mlp-ns", architecture="mlp", loss="ns", batch_size=8, **settings)


@pytest.mark.parametrize(
    "config",
    [
        config(),
        config(n_critic=5),
        config(n_critic=2, d_pretraining=7),
        config(n_critic=3, critic_boost={"n_critic": 10, "first": 4, "every": 6}),
        config(d_pretraining=3, critic_boost={"n_critic": 2, "first": 0, "every": 5}),
    ],
)
def test_images_shown_are_counted_back_into_generator_updates(config):
    nimg = 0
    for step in range(40):
        assert step_of(config, nimg) == step
        nimg += critic_steps(config, step) * config.batch_size


def test_grids_have_the_updates_after_which_they_were_drawn(written):
    run = written("a", grids=(0, 50, 1_000_000), n_critic=5)
    ((first, second, third),) = Group("a", [run]).grids()
    assert [step for step, _ in (first, second, third)] == [0, 1, 20_000]
    assert [path.name for _, path in (first, third)] == ["kimg000000.000.png", "kimg001000.000.png"]


def test_what_no_training_logged_or_drew_is_left_out(written):
    odd = {"pixel_coverage": "much", "g_slope": None, "d_slope": 10**400, "g_loss": [1]}
    run = written("a", [*records(), {"nimg": 110, "g_steps": 11, **odd}, {"nimg": 120, "d_loss": 1.0}], grids=(0, 10))
    group = Group("a", [run])
    assert all(len(points) == 10 for name in odd for points in group.points(name))
    assert len(group.points("d_loss")[0]) == 10
    (run.samples / "kimg000000.030.png").write_bytes(b"no picture <script>")
    (run.samples / "kimg000000.040.png").symlink_to("/etc/hostname")
    (run.samples / "kimg000000.050.png").symlink_to("nowhere")
    (run.samples / "kimg000000.060.png").mkdir()
    good = next(run.samples.glob("kimg*.png")).read_bytes()
    for name in ("kimg000000.000 (1).png", "kimginf.png", "kimg99999999999999999999.png", "kimgfoo.png"):
        (run.samples / name).write_bytes(good)
    assert [step for step, _ in group.grids()[0]] == [0, 1]


def test_runs_that_go_on_are_named_and_others_not(written):
    runs = [written("a", records(50)), written("b", records(100), seed=1), written("c", [diverged(3)], seed=2)]
    assert Group("x", runs).unfinished == ["x, seed 0: 50% of its budget so far"]


def test_what_was_found_and_is_gone_is_remembered(written):
    run = written("a", [*records(3), {"nimg": 30, "g_steps": 3, "findings": ["mode collapse"]}, *records(100)[3:]])
    assert Group("x", [run]).earlier == [{"mode collapse": 0.03}]
