"""``ganzoo learn``, from its options to its pages."""

import re
import xml.etree.ElementTree as ET
from functools import partial

import click
import pytest
import torch
from click.testing import CliRunner

import ganzoo_theory
from ganzoo_theory.optimal_discriminator.training import Training
from ganzoo_theory.parallel_lines.game import Course

LESSONS = ("parallel-lines", "optimal-discriminator")


@pytest.fixture
def ganzoo(tmp_path, monkeypatch):
    """``ganzoo("learn", ...)`` in an empty folder, with trainings of a few steps."""
    from ganzoo.cli import main

    monkeypatch.chdir(tmp_path)
    short = partial(Course, held=3, moved=2, n_critic=1, batch_size=8)
    monkeypatch.setattr("ganzoo_theory.parallel_lines.page.Course", short)
    monkeypatch.setattr("ganzoo_theory.optimal_discriminator.page.Training", partial(Training, steps=2, batch_size=8))
    return lambda *arguments: CliRunner().invoke(main, [str(part) for part in arguments], prog_name="ganzoo")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_is_a_page_in_this_folder_that_loads_nothing(ganzoo, lesson, tmp_path):
    done = ganzoo("learn", lesson)
    assert (done.exit_code, done.stdout, done.stderr) == (0, f"{lesson}.html\n", "")
    page = (tmp_path / f"{lesson}.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert f"ganzoo learn {lesson} --seed 0" in page
    body = page.partition("<body>")[2].partition("</body>")[0].replace("<br>", "<br/>")
    ET.fromstring(f"<page>{body}</page>")  # nothing is left open

    assert "<script" not in page
    assert not re.findall(r'\bsrc="|@import|url\((?!#)', page)
    links = re.findall(r'<(\w+)[^>]*\bhref="(?!data:|#)(.*?)"', page)
    assert links
    assert all(tag == "a" and address.startswith("https://arxiv.org/abs/") for tag, address in links)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_same_seed_is_the_same_page(ganzoo, lesson, tmp_path):
    for name in ("a/one.html", "two.html"):
        assert ganzoo("learn", lesson, "--seed", 5, "-o", name).stdout == f"{name}\n"
    one = (tmp_path / "a/one.html").read_bytes()
    assert one == (tmp_path / "two.html").read_bytes()
    assert ganzoo("learn", lesson, "--seed", 6, "-o", "two.html").exit_code == 0  # over what is there
    assert one.replace(b"--seed 5", b"--seed 6") != (tmp_path / "two.html").read_bytes()


def test_numbers_of_the_text_are_those_that_were_played(ganzoo, tmp_path):
    from ganzoo_theory.parallel_lines.game import play

    ganzoo("learn", "parallel-lines", "--seed", 2)
    page = (tmp_path / "parallel-lines.html").read_text(encoding="utf-8")
    course = Course(held=3, moved=2, n_critic=1, batch_size=8)
    for name in ("mm", "wgangp"):
        ends = [f"{play(name, start, seed=2, course=course).theta[-1]:.3f}".replace("-", "−") for start in (1.0, -0.6)]
        assert " and ".join(ends) in page


def test_the_values_of_the_table_are_of_the_formulas(ganzoo, tmp_path):
    ganzoo("learn", "optimal-discriminator")
    page = (tmp_path / "optimal-discriminator.html").read_text(encoding="utf-8")
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(<td>.*?)</tr>", page)]
    table = [[float(cell.replace("−", "-")) for cell in row] for row in rows]
    assert len(table) == 6
    for shift, integral, divergence, trained in table:
        assert integral == divergence > trained
        assert (integral == -1.3863) == (shift == 0)


def test_a_lesson_takes_one_thread_and_gives_the_others_back(ganzoo, monkeypatch):
    before, during = torch.get_num_threads(), []
    monkeypatch.setattr(
        "ganzoo_theory.parallel_lines.page.write", lambda seed: during.append(torch.get_num_threads()) or ""
    )
    torch.set_num_threads(2)
    try:
        assert ganzoo("learn", "parallel-lines").exit_code == 0
        assert (during, torch.get_num_threads()) == ([1], 2)
    finally:
        torch.set_num_threads(before)


def test_a_folder_is_no_page(ganzoo, tmp_path):
    done = ganzoo("learn", "parallel-lines", "-o", tmp_path)
    assert done.exit_code == 2
    assert "is a directory" in done.stderr
    (tmp_path / "file").write_bytes(b"")
    done = ganzoo("learn", "parallel-lines", "-o", tmp_path / "file" / "page.html")
    assert done.exit_code == 1
    assert f"{tmp_path / 'file'}" in done.stderr


def test_the_lessons_are_offered_with_examples(ganzoo):
    offered = []
    ganzoo_theory.register_commands(offered.append)
    (group,) = offered
    assert isinstance(group, click.Group)
    assert sorted(group.commands) == sorted(LESSONS)
    for lesson in LESSONS:
        assert f"\n  ganzoo learn {lesson}\n" in ganzoo("learn", lesson, "--help").stdout
    assert "\n  ganzoo learn parallel-lines\n" in ganzoo("learn", "--help").stdout
