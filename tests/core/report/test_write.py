"""The page."""

import re
from html.parser import HTMLParser

import pytest
from made_up_runs import diverged, records, write_run

from ganzoo.errors import RunError
from ganzoo.report import Group, write_report
from ganzoo.runs.folder import RunFolder

VOID = {"img", "input", "meta", "link", "br"}


class Parts(HTMLParser):
    """The headings of a page and the captions of its figures. Every element that is opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found = [], {"h2": [], "figcaption": []}
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.found:
            self.found[tag].append("")

    def handle_startendtag(self, tag, attributes):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] in self.found:
            self.found[self.open[-1]][-1] += data


def write(groups, registry, path, title="It", **settings):
    write_report(path / "report.html", title, groups, registry, **settings)
    return (path / "report.html").read_text(encoding="utf-8")


def two(folder, registry):
    return [
        Group(
            recipe,
            [
                write_run(
                    folder / f"{recipe}-{seed}",
                    registry,
                    records(level=seed + 1, fid=10.0 + seed),
                    recipe=recipe,
                    seed=seed,
                    grids=(0, 100),
                )
                for seed in (0, 1)
            ],
        )
        for recipe in ("mlp-ns", "mlp-lsgan")
    ]


@pytest.fixture(scope="module")
def comparison(registry, tmp_path_factory):
    """The page of two objectives of two seeds, with scores."""
    folder = tmp_path_factory.mktemp("comparison")
    return write(two(folder, registry), registry, folder, "Both", again="ganzoo compare mlp-ns mlp-lsgan")


def test_a_comparison_has_everything_in_order(comparison):
    found = Parts(comparison).found
    assert found["h2"] == ["Scores", "Samples", "Losses", "Signs", "Diagnosis", "What differs", "Again"]
    scores, *rest = found["figcaption"]
    assert scores == "fid"
    grids = [f"{recipe}, seed {seed}" for seed in (0, 1) for recipe in ("mlp-ns", "mlp-lsgan")]
    assert rest[:4] == grids
    assert rest[4:7] == ["mlp-ns", "mlp-lsgan", "coverage, in pixels"]
    assert "<title>Both</title>" in comparison
    assert "<td>fid (lower is better)</td><td>10.5 ± 6.4</td>" in comparison
    assert "± is Student" in comparison
    assert "<summary>Every setting</summary>" in comparison
    assert "<code>ganzoo compare mlp-ns mlp-lsgan</code>" in comparison


def test_it_asks_nobody_for_anything(comparison):
    links = re.findall(r'\s(?:src|href|xlink:href|srcset|action|data|poster)="([^"]*)"', comparison)
    assert len(links) > 8
    assert all(link.startswith(("data:", "#")) for link in links)
    assert not re.search(r"@import|url\((?!#)|fetch\(|XMLHttpRequest|<(?:iframe|object|embed|base)\b", comparison)


def test_the_same_runs_make_the_same_page(comparison, registry, tmp_path, monkeypatch):
    again = write(two(tmp_path, registry), registry, tmp_path, "Both", again="ganzoo compare mlp-ns mlp-lsgan")
    assert again == comparison


def test_one_run_alone_is_compared_with_nothing(registry, written, tmp_path):
    text = write([Group("a", [written("a", records(3), grids=(0,))])], registry, tmp_path)
    assert Parts(text).found["h2"] == ["Samples", "Losses", "Signs", "Diagnosis"]
    assert "Student" not in text
    assert "FillBetween" not in text


def test_a_game_that_diverged_at_once_has_a_page(registry, written, tmp_path):
    text = write([Group("a", [written("a", [diverged(1)])])], registry, tmp_path)
    assert Parts(text).found["h2"] == ["Losses", "Diagnosis"]
    assert "divergence, seed 0" in text


def test_names_are_text_wherever_they_stand(registry, written, tmp_path):
    name = '<i>"$x_{1}$"</i> & _y 日本'
    groups = [Group(name, [written(folder, records(2), grids=(0,))]) for folder in ("a", "b")]
    text = write(groups, registry, tmp_path, name)
    assert "<i>&#34;" not in text
    assert text.count("&lt;i&gt;&#34;$x_{1}$&#34;&lt;/i&gt; &amp; _y 日本") > 10
    assert Parts(text).found["figcaption"][:2] == [f"{name}, seed 0"] * 2


def test_a_run_that_logged_nothing_and_a_folder_that_is_none_are_told_apart(registry, written, tmp_path):
    for run, said in (
        (written("a"), "has logged nothing yet; look again when it has trained for a while"),
        (RunFolder(tmp_path / "none"), "none is not a run folder: it has no config.json"),
    ):
        with pytest.raises(RunError, match=said):
            write([Group("a", [run])], registry, tmp_path)
    assert not (tmp_path / "report.html").exists()
