import shutil

import pytest
import torch

from ganzoo import Published, Recipe
from ganzoo.bench.report import columns, over_seeds, write_report
from ganzoo.bench.trainings import finished
from ganzoo.bench.zoo import Experiment, Plan, Row
from ganzoo.errors import ConfigError, Diverged, RunError, UnknownName
from ganzoo.evaluation.request import Request
from ganzoo.evaluation.run import evaluate_run
from ganzoo.runs.folder import RunFolder, checkpoints
from ganzoo.sealed import read_sealed, write_sealed

pytestmark = pytest.mark.usefixtures("quick_export")

SETTINGS = {"resolution": 8, "batch_size": 10, "arch.hidden_g": [8], "arch.hidden_d": [8]}
PLAN = Plan(
    recipes=("mlp-ns", "mlp-lsgan"),
    dataset="digits",
    kimg=None,
    steps=1,
    seeds=(0, 1),
    metrics={"gap": {}},
    samples=20,
    settings=SETTINGS,
)


@pytest.fixture
def play(measures, tmp_path):
    """``play(plan)``: the rows of an experiment in one folder."""

    def run(plan=PLAN):
        experiment = Experiment(tmp_path / "bench", plan)
        experiment.resolve_all(measures.registry)
        experiment.open()
        return list(experiment.play(measures.registry, measures.stages))

    run.folder = tmp_path / "bench"
    return run


@pytest.fixture
def rows(play):
    return play()


def test_every_recipe_is_trained_and_scored_for_every_seed(rows, play):
    assert [row.recipe for row in rows] == ["mlp-ns", "mlp-lsgan"]
    assert all(len(row.evaluations) == 2 and not row.problems for row in rows)
    assert {path.name for path in play.folder.iterdir()} == {
        "plan.json",
        "scores",
        "mlp-ns-0",
        "mlp-ns-1",
        "mlp-lsgan-0",
        "mlp-lsgan-1",
    }
    config = RunFolder(play.folder / "mlp-lsgan-1").read_config()[0].config
    assert (config.loss, config.seed, config.steps) == ("lsgan", 1, 1)


def test_begun_again_it_does_nothing_twice(rows, play, measures):
    before = {path: path.stat().st_mtime_ns for path in play.folder.glob("*/checkpoints/*")}
    drawn = sum(extractor.images for extractor in measures.plugin.extractors)
    assert play() == rows
    assert {path: path.stat().st_mtime_ns for path in play.folder.glob("*/checkpoints/*")} == before
    assert sum(extractor.images for extractor in measures.plugin.extractors) == drawn


def test_what_was_measured_of_a_run_in_another_way_stays_out_of_the_table(rows, play, measures):
    """``ganzoo eval`` writes to the same RUN/scores."""
    run = RunFolder(play.folder / "mlp-ns-0")
    request = Request(dataset="digits", samples=10, metrics={"gap": {}, "light": {}})
    evaluate_run(run, request, measures.registry, measures.stages)
    assert play() == rows


def test_a_run_that_was_trained_anew_is_measured_anew(rows, play):
    shutil.rmtree(play.folder / "mlp-ns-0")
    again = play(PLAN.model_copy(update={"settings": SETTINGS}))
    assert again[0].evaluations == rows[0].evaluations  # the same run again, to the bit
    run = RunFolder(play.folder / "mlp-ns-0")
    (path,) = checkpoints(run.checkpoints)[:1]
    tensors, plain = read_sealed(path)
    write_sealed(path, {name: torch.zeros_like(tensor) for name, tensor in tensors.items()}, plain)
    play()
    assert len(list((play.folder / "scores").glob("mlp-ns-0-*.json"))) == 2


@pytest.mark.parametrize("fields", [{"kimg": float("nan")}, {"samples": "x"}])
def test_a_plan_that_cannot_be_is_answered_with_a_sentence(fields):
    with pytest.raises(ConfigError, match=rf"{next(iter(fields))}: Input should be"):
        Plan.of(**{"recipes": ("mlp-ns",), "dataset": "digits", "kimg": None, "steps": 1, "seeds": (0,)} | fields)


def test_a_path_of_this_machine_stays_out_of_the_table(rows, play, measures):
    write_report(play.folder, PLAN.model_copy(update={"dataset": "folder:/secret/photos"}), rows, measures.registry)
    for name in ("table.md", "table.csv", "report.html"):
        assert "secret" not in (play.folder / name).read_text(encoding="utf-8")


def test_an_error_says_in_which_run_it_came_up(play, monkeypatch):
    def refused(*args, **settings):
        raise UnknownName("thing", "x", ["y"], listing="things")

    monkeypatch.setattr("ganzoo.training.start", refused)
    with pytest.raises(UnknownName) as caught:
        play()
    assert "mlp-ns, seed 0" in caught.value.__notes__[0]


def test_a_stop_is_passed_on_and_the_same_plan_goes_on(play, measures, monkeypatch):
    from ganzoo.training import start

    calls = []

    def stopped(resolved, registry, folder, **settings):
        calls.append(folder.name)
        outcome = start(resolved, registry, folder, **settings)
        return outcome if len(calls) < 2 else type(outcome)(folder, 0, 0.0, 0.0, signal=2)

    monkeypatch.setattr("ganzoo.training.start", stopped)
    assert play() == [2]
    assert calls == ["mlp-ns-0", "mlp-ns-1"]
    monkeypatch.undo()
    monkeypatch.setenv("GANZOO_CACHE", str(play.folder.parent / "cache"))


def test_a_game_that_diverges_is_a_row_with_a_reason(play, monkeypatch):
    from ganzoo.training import start

    def diverged(resolved, registry, folder, **settings):
        if resolved.config.loss == "ns" and resolved.config.seed == 1:
            raise Diverged("The game diverged: g_loss became NaN.\nTry this.")
        return start(resolved, registry, folder, **settings)

    monkeypatch.setattr("ganzoo.training.start", diverged)
    first, second = play()
    assert first.problems == ("seed 1: The game diverged: g_loss became NaN.",)
    assert len(first.evaluations) == 1
    assert len(second.evaluations) == 2


def test_another_budget_does_not_join_what_is_there(rows, play):
    with pytest.raises(RunError, match=r"holds an experiment with another steps \(1, now 3\)"):
        play(PLAN.model_copy(update={"steps": 3}))


def test_another_recipe_may_join(rows, play):
    joined = play(PLAN.model_copy(update={"recipes": ("mlp-ns", "mlp-hinge"), "seeds": (0,)}))
    assert [row.recipe for row in joined] == ["mlp-ns", "mlp-hinge"]
    assert joined[0].evaluations[0] == rows[0].evaluations[0]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"recipes": ("mlp-nss",)}, UnknownName),
        ({"settings": {"n_critc": 3}}, ConfigError),
        ({"metrics": {"gab": {}}}, UnknownName),
        ({"metrics": {"gap": {"powr": 3}}}, ConfigError),
        ({"features": ("clasifier", {})}, UnknownName),
    ],
)
def test_what_cannot_be_trained_or_measured_is_refused_before_anything_is(play, change, error):
    with pytest.raises(error):
        play(PLAN.model_copy(update=change))
    assert not play.folder.exists()


def test_a_folder_with_something_else_in_it_stays_as_it_is(play):
    play.folder.mkdir()
    (play.folder / "holiday.jpg").touch()
    with pytest.raises(RunError, match="is not empty and holds no experiment"):
        play()


def test_a_run_is_finished_when_its_budget_is_used_up(rows, play):
    run = RunFolder(play.folder / "mlp-ns-0")
    assert finished(run)
    for path in run.checkpoints.iterdir():
        path.unlink()
    assert not finished(run)


def test_the_mean_over_trainings_has_student_s_interval(rows):
    scores = [evaluation.scores[0] for evaluation in rows[0].evaluations]
    together = over_seeds(scores)
    a, b = (score.value for score in scores)
    assert together.value == pytest.approx((a + b) / 2)
    assert together.error == pytest.approx(12.7062 * abs(a - b) / 2, rel=1e-4)  # t of one degree of freedom
    assert over_seeds(scores[:1]) == scores[0]


def test_the_table_has_what_was_published_where_the_protocol_is_the_same(rows, measures):
    def add(name, **where):
        published = Published(name="gap", value=0.5, error=0.1, where=where, source="arXiv:0000.00000")
        measures.registry.recipes.add(
            Recipe(name=name, architecture="mlp", loss="ns", published=(published,)), "stranger"
        )
        return Row(name, rows[0].evaluations)

    same = add("same", dataset="digits", samples=20, image=(8, 8, 1))
    other = add("other", dataset="digits", samples=50_000)
    header, body = columns([same, other], measures.registry)
    assert header == ["recipe", "trainings", "gap", "gap (published)"]
    assert [line[-1] for line in body] == ["0.5 ± 0.1", "-"]
    assert body[0][0:2] == ["same", "2"]


def test_the_report_is_whole_and_asks_nobody_for_anything(rows, play, measures):
    rows = [*rows, Row("<b>odd</b>", (), ("seed 0: diverged",))]
    write_report(play.folder, PLAN, rows, measures.registry)
    page = (play.folder / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 4
    assert "&lt;b&gt;odd&lt;/b&gt;" in page
    assert "http" not in page
    assert 'src="data:' in page
    markdown = (play.folder / "table.md").read_text(encoding="utf-8")
    assert "| mlp-ns | 2 |" in markdown
    assert "- <b>odd</b>, seed 0: diverged" in markdown
    assert (play.folder / "table.csv").read_text(encoding="utf-8").splitlines()[0] == "recipe,trainings,gap"
