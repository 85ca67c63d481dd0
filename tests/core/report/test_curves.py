"""Plots of several groups."""

import re

from made_up_runs import records

from ganzoo.report import Group
from ganzoo.report.curves import losses, together

FID = {"fid": "the FID"}


def ticks(plot):
    return re.findall(r"<text [^>]*>([^<]*)</text>", plot)


def test_each_number_that_somebody_logged_has_a_plot_of_its_own(written):
    groups = [Group("a", [written("a", records(3, fid=3.0))]), Group("b", [written("b", records(3, kid=3.0))])]
    drawn = together(groups, {"fid": "the FID", "kid": "the KID", "is": "the IS"}, "All of it.")
    assert re.findall("<figcaption>(.*?)</figcaption>", drawn) == ["the FID", "the KID"]
    assert drawn.count("<svg") == 2
    assert drawn.endswith("<p>All of it.</p>")
    assert together(groups, {"is": "the IS"}, "Nothing.") == ""


def test_several_groups_have_a_legend_and_one_has_none(written):
    groups = [Group(name, [written(name, records(3, fid=3.0))]) for name in ("a", "b")]
    assert re.findall("</i>(.*?)</span>", together(groups, FID, "")) == ["a", "b"]
    assert "legend" not in together(groups[:1], FID, "")
    assert re.findall("</i>(.*?)</span>", losses(groups[:1])) == ["discriminator", "generator"]


def test_many_groups_are_told_apart_by_dashes_where_colours_end(written):
    groups = [Group(f"g{i}", [written(f"g{i}", records(2, fid=1.0))]) for i in range(11)]
    marks = re.findall(r"3px (\w+ #\w+)", together(groups, FID, ""))
    assert len(set(marks)) == 11


def test_seeds_have_a_band_also_where_there_is_one_moment_only(written):
    runs = [written(name, records(3, fid=level)) for name, level in (("a", 1.0), ("b", 2.0))]
    assert "FillBetween" in together([Group("both", runs)], FID, "")
    assert "FillBetween" not in together([Group("one", runs[:1])], FID, "")
    once = [written(name, [{"nimg": 9, "g_steps": 3, "fid": level}]) for name, level in (("c", 1.0), ("d", 2.0))]
    assert "LineCollection" in together([Group("both", once)], FID, "")


def test_numbers_over_many_magnitudes_have_an_axis_of_factors(written):
    def by_factors(name, *values):
        log = [{"nimg": step, "g_steps": step, "fid": value} for step, value in enumerate(values)]
        return "tspan" in together([Group(name, [written(name, log)])], FID, "")  # of 10 to the power of something

    assert by_factors("factors", 0.1, 1.0, 100.0)
    assert not by_factors("signs", -1.0, 100.0)
    assert not by_factors("near", 50.0, 100.0)
    assert not by_factors("endless", 1.0, 2.0, float("inf"), float("nan"))


def test_all_plots_of_a_section_have_the_same_moments(written):
    """So that what begins later is seen to."""
    log = [*records(100, fid=1.0), {"nimg": 1000, "g_steps": 100, "kid": 2.0}]
    fid, kid = together([Group("a", [written("a", log)])], {"fid": "", "kid": ""}, "").split("<svg")[1:]
    moments = {"0", "20", "40", "60", "80", "100"}
    assert moments <= set(ticks(fid))
    assert moments <= set(ticks(kid))


def test_a_loss_that_nobody_logged_leaves_an_empty_plot(written):
    groups = [Group("a", [written("a", [{"nimg": 0, "g_steps": 0, "fid": 1.0}])])]
    assert "<svg" in losses(groups)
