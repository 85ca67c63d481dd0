"""``ganzoo compare``, ``ganzoo report`` and ``ganzoo train --animate`` on the command line."""

import re
import shlex
from html import unescape
from pathlib import Path

import PIL.Image
import pytest
from command_line import TINY
from made_up_runs import records, write_run

from ganzoo.commands.compare import command as compare_command
from ganzoo.errors import RunError

COMPARE = ["compare", "mlp-ns", "mlp-lsgan", "--dataset", "digits", "--steps", 2, "--seeds", "5,", "--samples", 20]
COMPARE += ["--metrics", "spectrum", "--device", "cpu"]  # of pixels: no features need to be learned
for setting in ("resolution=8", "batch_size=10", "arch.hidden_g=[8]", "arch.hidden_d=[8]", "cuda_graphs=false"):
    COMPARE += ["--set", setting]
COMPARE += ["--set", 'scoring.metrics=["spectrum"]']  # needs quotes where it is typed


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch, quick_export):
    monkeypatch.setenv("GANZOO_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def pages(monkeypatch):
    """Of each page that is written: its groups as {label: number of runs}."""
    from ganzoo import report

    told, write = [], report.write_report

    def noted(path, title, groups, *rest, **settings):
        told.append({group.label: len(group.runs) for group in groups})
        write(path, title, groups, *rest, **settings)

    monkeypatch.setattr("ganzoo.report.write_report", noted)
    return told


# compare


def test_objectives_are_compared_on_one_page_which_is_written_after_each_run(ganzoo, pages):
    done = ganzoo(*COMPARE)
    assert (done.exit_code, done.stdout) == (0, f"{Path('compare/report.html')}\n"), done.output
    assert "mlp-lsgan, seed 5: 2 of 2" in done.stderr
    assert pages == [{"mlp-ns": 1}, {"mlp-ns": 1, "mlp-lsgan": 1}]
    page = Path("compare/report.html").read_text(encoding="utf-8")
    assert "<title>mlp-ns, mlp-lsgan on digits</title>" in page
    assert "Seed 5." in page
    assert 'data-steps="[0, 1, 2]"' in page  # of 0, 10, 50 and 100 % of two updates
    (again,) = re.findall(r"<code>(ganzoo compare .*?)</code>", page)
    words = shlex.split(unescape(again))
    assert words[2:4] == ["mlp-ns", "mlp-lsgan"]
    repeated = ganzoo(*words[1:])  # the same plan, or the folder would be refused
    assert (repeated.exit_code, repeated.stderr) == (0, ""), repeated.output
    assert len(pages) == 3
    assert Path("compare/report.html").read_text(encoding="utf-8") == page


def test_a_stop_leaves_a_page_of_what_there_is(ganzoo, monkeypatch):
    from ganzoo.training import start

    calls = []

    def stopped(resolved, registry, folder, **settings):
        calls.append(folder)
        outcome = start(resolved, registry, folder, **settings)
        return outcome if len(calls) < 2 else type(outcome)(folder, 0, 0.0, 0.0, signal=15)

    monkeypatch.setattr("ganzoo.training.start", stopped)
    done = ganzoo(*COMPARE, "--out", "here")
    assert (done.exit_code, done.stdout) == (143, "")
    assert "Stopped; the same command goes on." in done.stderr
    assert "<title>mlp-ns, mlp-lsgan on digits</title>" in Path("here/report.html").read_text(encoding="utf-8")


def test_an_error_leaves_the_page_of_the_runs_before_it(ganzoo, monkeypatch):
    from ganzoo.training import start

    def refused(resolved, registry, folder, **settings):
        if resolved.config.loss == "lsgan":
            raise RunError("The disk is full.")
        return start(resolved, registry, folder, **settings)

    monkeypatch.setattr("ganzoo.training.start", refused)
    done = ganzoo(*COMPARE)
    assert done.exit_code == 1
    assert "Error: The disk is full.\nIt was mlp-lsgan, seed 5, in compare" in done.stderr
    assert Path("compare/report.html").is_file()


@pytest.mark.parametrize(
    ("change", "code", "said"),
    [
        (["mlp-nss"], 1, "Unknown loss 'nss'. Did you mean 'ns'?"),
        (["mlq-ns"], 1, "Unknown architecture 'mlq'. Did you mean 'mlp'?"),
        (["mlp-ns+r11"], 1, "Unknown regularizer 'r11'. Did you mean 'r1'"),
        (["mlp-ns+r1:gamma"], 2, "'gamma' is no option; expected r1:OPTION=VALUE"),
        (["mlp-ns+r1:gama=1"], 2, "regularizers.r1.gama: there is no such option"),
        (["maxout-ns"], 2, "mlp-ns and maxout-ns have different networks"),
        (["--dataset", "digit"], 1, "Unknown data set 'digit'. Did you mean 'digits'?"),
        (["--steps", 0], 2, "Invalid value for '--steps': 0 is not in the range x>=1."),
        (["--seeds", 0], 2, "0 is no number of trainings; expected 1 to 1000, or seeds such as 0,"),
        (["--seeds", "1,1"], 2, "'1,1' names a seed twice."),
        (["--at", "0,9"], 2, "at: Value error, 9 is beyond the budget of 2 updates"),
        (["--at", "half"], 2, "'half' is no list of seeds"),
        (["--metrics", "fidd"], 1, "Unknown metric 'fidd'. Did you mean 'fid'?"),
        (["--metrics", "kid:size=50"], 2, "Metrics have no options here: name them alone."),
        (["--features", "inceptoin"], 1, "Unknown feature extractor 'inceptoin'. Did you mean 'inception'?"),
        (["--samples", 1], 2, "Invalid value for '--samples'"),
        (["--set", "seed=3"], 2, "seed is given by '--seeds'"),
        (["--set", "zdim=3"], 2, "zdim: there is no such option"),
        (["--device", "gpu"], 2, "There is no device 'gpu'; expected auto, cpu, cuda or cuda:N."),
        (["--out", "file"], 2, "Directory 'file' is a file."),
        (["--out", "full"], 1, "full is not empty and holds no experiment. Choose another folder with '--out'."),
    ],
    ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else "",
)
def test_what_cannot_be_compared_is_answered_with_a_sentence_and_nothing_is_left(ganzoo, tmp_path, change, code, said):
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").touch()
    done = ganzoo(*COMPARE, *change)
    assert (done.exit_code, said in done.stderr) == (code, True), done.output
    assert "Traceback" not in done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"file", "full", "cache"}


def test_what_to_compare_and_on_what_must_be_said(ganzoo):
    assert "Missing argument 'NAME...'" in ganzoo("compare", "--dataset", "digits", "--steps", 2).stderr
    for option, value in (("--dataset", "digits"), ("--steps", 2)):
        done = ganzoo("compare", "mlp-ns", option, value)
        assert done.exit_code == 2
        assert "Missing option" in done.stderr


def test_the_examples_in_the_help_can_be_played(registry, tmp_path):
    from ganzoo.bench.compare import Comparison, Plan
    from ganzoo.config import TrainConfig

    examples = re.findall(r"^ +ganzoo (compare .*)$", compare_command.help, re.M)
    assert len(examples) >= 3
    for example in examples:
        with compare_command.make_context("compare", shlex.split(example)[1:]) as given:
            asked = given.params
        plan = Plan.of(
            entries=asked["names"],
            seeds=tuple(asked["seeds"]),
            at=tuple(asked["at"] or ()),
            **{key: asked[key] for key in ("dataset", "steps", "own_networks")},
        )
        found = Comparison(tmp_path, plan, registry).resolve_all()
        assert all(isinstance(resolved[0].config, TrainConfig) for resolved in found.values())


# report


@pytest.fixture
def run(tmp_path, registry):
    """A run by the number of its folder, in ``runs/``."""

    def write(number, name="mlp-ns-digits", **settings):
        return write_run(tmp_path / "runs" / f"{number:05d}-{name}", registry, records(2), grids=(0, 20), **settings)

    return write


def test_a_run_is_reported_on_beside_it_and_the_newest_by_default(ganzoo, run):
    first, newest = run(1), run(2)
    (newest.checkpoints / "kimg000000.020.safetensors").touch()
    done = ganzoo("report")
    assert (done.exit_code, done.stdout) == (0, f"{Path('runs/00002-mlp-ns-digits/report.html')}\n"), done.output
    assert "<title>00002-mlp-ns-digits</title>" in (newest.path / "report.html").read_text(encoding="utf-8")
    assert ganzoo("report", "runs/00001-mlp-ns-digits").exit_code == 0
    assert (first.path / "report.html").is_file()


def test_several_runs_are_put_side_by_side_where_the_user_says(ganzoo, run):
    run(1)
    run(2, "mlp-mm-digits", recipe="mlp-mm", seed=4)
    both = ["runs/00001-mlp-ns-digits", "runs/00002-mlp-mm-digits"]
    refused = ganzoo("report", *both)
    assert refused.exit_code == 2
    assert "Of several runs, say where the page is to go: '-o FILE'." in refused.stderr
    assert ganzoo("report", *both, "-o", "both.html").stdout == "both.html\n"
    page = Path("both.html").read_text(encoding="utf-8")
    assert "<title>00001-mlp-ns-digits, 00002-mlp-mm-digits</title>" in page
    assert "<td>loss</td><td>ns</td><td>mm</td>" in page


def test_runs_of_one_name_are_told_apart_by_their_paths(ganzoo, registry, tmp_path):
    for folder in ("a", "b"):
        write_run(tmp_path / folder / "run", registry, records(2))
    assert ganzoo("report", "a/run", "b/run", "-o", "both.html").exit_code == 0
    assert f"<title>{Path('a/run')}, {Path('b/run')}</title>" in Path("both.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "There is no run in runs"),
        (["none"], "none is not a run folder: it has no config.json."),
        (["run"], "run has logged nothing yet; look again when it has trained for a while."),
        (["good", "-o", "none/a.html"], "a.html: No such file or directory."),
    ],
)
def test_what_cannot_be_reported_on_is_answered_with_a_sentence(ganzoo, registry, tmp_path, arguments, said):
    write_run(tmp_path / "run", registry)
    write_run(tmp_path / "good", registry, records(2))
    done = ganzoo("report", *arguments)
    assert (done.exit_code, said in done.stderr) == (1, True), done.output
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.rglob("*.html"))


# train --animate


def test_a_training_may_end_in_a_film_of_its_samples(ganzoo):
    done = ganzoo("train", "mlp-ns", *TINY, "--set", "sample_every=0.004", "--out", "run", "--animate", "film.gif")
    assert (done.exit_code, done.stdout) == (0, "run\n"), done.output
    assert done.stderr.endswith("Wrote film.gif: 3 pictures.\n")
    with PIL.Image.open("film.gif") as film:
        assert film.n_frames == 3
    resumed = ganzoo("train", "--resume", "run", "--steps", 3, "--animate", "film.webp")
    assert "Wrote film.webp: 4 pictures." in resumed.stderr


def test_a_film_that_cannot_be_written_is_refused_before_the_training(ganzoo, tmp_path):
    for name, said in (("film.mp4", "expected a name that ends in .gif"), ("none/film.gif", "There is no folder none")):
        done = ganzoo("train", "mlp-ns", *TINY, "--animate", name)
        assert done.exit_code == 2
        assert said in done.stderr
    assert not (tmp_path / "runs").exists()


def test_a_film_that_fails_in_the_end_does_not_hide_the_run(ganzoo, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device", "film.gif")

    monkeypatch.setattr("ganzoo.runs.film.save_film", full)
    done = ganzoo("train", "mlp-ns", *TINY, "--out", "run", "--animate", "film.gif")
    assert (done.exit_code, done.stdout) == (1, "run\n")
    assert "film.gif: No space left on device." in done.stderr
