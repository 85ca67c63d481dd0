"""Samples side by side, at a moment that a slider chooses."""

import base64
import json
import re
from html.parser import HTMLParser

from made_up_runs import records

from ganzoo.report import Group
from ganzoo.report.samples import MOST, samples


class Figures(HTMLParser):
    """Of each figure, its place, its pictures as (step, bytes, hidden) and its caption; and the slider's attributes."""

    def __init__(self, page):
        super().__init__()
        self.figures, self.slider = [], {}
        self.feed(str(page))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "figure":
            self.figures.append({"style": given["style"], "pictures": [], "caption": ""})
        elif tag == "img":
            content = base64.b64decode(given["src"].removeprefix("data:image/png;base64,"))
            self.figures[-1]["pictures"].append((int(given["data-step"]), content, "hidden" in given))
            assert given["alt"].endswith(f"after {given['data-step']} generator updates")
        elif tag == "input":
            self.slider = given

    def handle_data(self, data):
        if self.get_starttag_text() == "<figcaption>":
            self.figures[-1]["caption"] += data.strip()


def test_the_slider_has_every_moment_and_the_pictures_are_in_order(written):
    runs = [written("a", records(), grids=(0, 10, 50)), written("b", records(), grids=(0, 20, 50), recipe="mlp-mm")]
    found = Figures(samples([Group("one", runs[:1]), Group("two", runs[1:])]))
    assert json.loads(found.slider["data-steps"]) == [0, 1, 2, 5]
    assert (found.slider["min"], found.slider["max"], found.slider["value"]) == ("0", "3", "3")
    for run, figure in zip(runs, found.figures, strict=True):
        steps, contents, hidden = zip(*figure["pictures"], strict=True)
        assert list(steps) == sorted(steps)
        assert list(contents) == [path.read_bytes() for path in sorted(run.samples.iterdir())]
        assert hidden == (True, True, False)  # without the script, the last one is seen
    assert [step for step, _, _ in found.figures[1]["pictures"]] == [0, 2, 5]


def test_columns_are_groups_and_rows_are_seeds_also_where_one_is_missing(written):
    three = [written(f"a{seed}", records(), seed=seed, grids=(0,)) for seed in (2, 0, 1)]
    one = [written("b1", records(), seed=1, grids=(0,))]
    page = samples([Group("one", three), Group("two", one)])
    assert "grid-template-columns: repeat(2, " in page
    places = {figure["caption"]: figure["style"] for figure in Figures(page).figures}
    assert places == {
        "one, seed 0": "grid-area: 1 / 1",
        "one, seed 1": "grid-area: 2 / 1",
        "one, seed 2": "grid-area: 3 / 1",
        "two, seed 1": "grid-area: 2 / 2",
    }


def test_runs_that_stand_alone_stand_side_by_side_whatever_their_seeds(written):
    groups = [Group(str(seed), [written(str(seed), records(), seed=seed, grids=(0,))]) for seed in (7, 3)]
    assert [(f["caption"], f["style"]) for f in Figures(samples(groups)).figures] == [
        ("7, seed 7", "grid-area: 1 / 1"),
        ("3, seed 3", "grid-area: 1 / 2"),
    ]


def test_labels_are_text_and_no_markup(written):
    label = '<script>alert("1")</script> & $x$'
    page = samples([Group(label, [written("a", records(), grids=(0,))])])
    assert page.count("<script>") == 1  # its own
    assert Figures(page).figures[0]["caption"] == f"{label}, seed 0"


def test_of_very_many_moments_some_are_taken_with_the_first_and_the_last(written):
    run = written("a", records(), grids=range(0, 1000, 10))
    found = Figures(samples([Group("a", [run])]))
    steps = json.loads(found.slider["data-steps"])
    assert (len(steps), steps[0], steps[-1]) == (MOST, 0, 99)
    assert [step for step, _, _ in found.figures[0]["pictures"]] == steps


def test_without_pictures_there_is_nothing(written):
    assert samples([Group("a", [written("a", records())])]) == ""


def test_the_script_finds_the_slider_and_the_pictures(written):
    """What it reads is on the page; to drive it takes a browser."""
    page = samples([Group("a", [written("a", records(), grids=(0, 10))])])
    for name in ("moment", "moment-told"):
        assert page.count(f'getElementById("{name}")') == page.count(f' id="{name}"') == 1
    assert re.search(r'class="moments".*<figure.*<img', page, re.S)
    assert page.index("<img") < page.index("<script>")  # which runs at once
