"""What a report says in numbers and words."""

import re
from html import unescape

from made_up_runs import diverged, records

from ganzoo.report import Group
from ganzoo.report.tables import about, diagnosis, differences, settings, summary

SICK = [*records(), diverged(10)]


def cells(table):
    """The rows of a table by their first cell."""
    lines = [re.findall("<t[hd]>(.*?)</t[hd]>", line) for line in re.findall("<tr>(.*?)</tr>", table)]
    return {unescape(line[0]): [unescape(cell) for cell in line[1:]] for line in lines}


def two(written, **fields):
    """Two groups of two seeds, the second twice as good as the first."""
    return [
        Group(
            recipe,
            [
                written(f"{recipe}-{seed}", records(level=factor * (1.0 + seed), **fields), recipe=recipe, seed=seed)
                for seed in (0, 1)
            ],
        )
        for recipe, factor in (("mlp-ns", 1.0), ("mlp-lsgan", 0.5))
    ]


def test_the_end_is_told_in_numbers_with_student_s_interval(written):
    table = cells(summary(two(written, fid=10.0, ppl=1.0), ["fid", "ppl"], {"fid": "lower", "ppl": "neither"}))
    assert table["so far"] == ["mlp-ns", "mlp-lsgan"]
    assert table["fid (lower is better)"] == ["10", "10"]  # all seeds alike
    assert table["ppl"] == ["1", "1"]
    assert table["coverage, in pixels"] == ["1.5 ± 6.4", "0.8 ± 3.2"]  # 12.7062 * 0.5
    assert table["ms a generator update"] == ["3", "1.5"]
    assert table["generator updates"] == ["10", "10"]
    assert table["real images shown"] == ["100", "100"]
    assert table["trainings"] == ["2", "2"]


def test_what_is_not_there_is_a_dash(written):
    table = cells(summary([Group("a", [written("a", [{"nimg": 0, "g_steps": 0}])])], ["fid"], {"fid": "lower"}))
    assert table["fid (lower is better)"] == table["ms a generator update"] == ["-"]


def test_a_group_whose_seeds_ended_apart_says_so(written):
    runs = [written("a", SICK), written("b", [diverged(1)], seed=1), written("c", records(), seed=2)]
    table = cells(summary([Group("a", runs)], [], {}))
    assert table["real images shown"] == ["10 to 100"]
    assert table["generator updates"] == ["1 to 10"]
    assert "divergence, 2 of 3" in table["found"][0].split("<br>")


def test_data_budget_and_networks_are_said_once_where_they_are_the_same(written):
    lines = str(about(two(written))).removeprefix("<p>").removesuffix("</p>").split("<br>")
    assert lines[:3] == ["digits: 1,500 images of 8x8, 1 channel.", "Budget: 100 generator updates.", "Seeds 0, 1."]
    assert lines[3].startswith("Networks: mlp (")
    assert lines[4].startswith("Not finished: mlp-ns, seed 0: 10% of its budget so far; ")
    assert len(lines) == 5


def test_data_and_budgets_that_differ_are_said_of_each(written):
    runs = [written("a", records()), written("b", records(), dataset="mnist", kimg=5.0, steps=None)]
    told = about([Group("a", runs[:1]), Group("b", runs[1:]), Group("c", runs[:1])])
    assert "a, c: digits: 1,500 images of 8x8, 1 channel.<br>b: mnist: 1,500 images" in told
    assert "a, c: Budget: 100 generator updates.<br>b: Budget: 5 kimg.<br>Seed 0.<br>Networks: " in told


def test_what_differs_is_told_and_what_does_not_is_not(written):
    table = cells(differences(two(written)))
    assert table["setting"] == ["mlp-ns", "mlp-lsgan"]
    assert table["loss"] == ["ns", "lsgan"]
    assert not {"seed", "batch_size", "recipe", "architecture", "regularizers"} & table.keys()


def test_an_option_that_only_one_has_is_a_dash_for_the_other(written):
    runs = [written("a", records()), written("b", records(), **{"regularizers.r1.gamma": 3.0})]
    table = cells(differences([Group("a", runs[:1]), Group("b", runs[1:])]))
    assert table["regularizers.r1.gamma"] == ["-", "3.0"]
    assert "regularizers" not in table


def test_the_same_configuration_twice_differs_in_nothing_but_the_seed(written):
    groups = [Group("same", [written(name, records(), seed=seed)]) for name, seed in (("a", 0), ("b", 1))]
    assert "Nothing but the seed." in differences(groups)


def test_what_was_found_is_told_with_what_to_try(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    groups = [Group("sick", [written("a", SICK), written("b", SICK, seed=1)]), Group("new", [written("c", records(1))])]
    parts = diagnosis(groups)
    assert parts[0] == "<p><b>sick</b></p>"
    table = cells(parts[1])
    for name, seed in (("a", 0), ("b", 1)):
        number, threshold, meaning = table[f"divergence, seed {seed}"]
        assert number == "-" or float(number) > 0
        assert threshold
        assert "g_loss" in meaning
        assert f"<br>Try: <code>ganzoo train mlp-ns --config {name}/config.json --" in meaning
    assert 'class="prose"' in parts[1]  # sentences run over several lines
    assert "<p><b>new</b>: nothing was found.</p>" in parts


def test_what_a_short_run_cannot_tell_is_said_too(written):
    """Or "nothing was found" would sound like good news."""
    short, *_ = [part for part in diagnosis([Group("new", [written("a", records(1))])]) if "Nothing can be" in part]
    assert "mode collapse" in short
    dead = diagnosis([Group("dead", [written("b", [*records(1), diverged(1)])])])
    assert not [part for part in dead if "Nothing can be said" in part and "divergence" in part]


def test_paths_of_this_machine_stay_out(written, tmp_path, monkeypatch):
    own = {"dataset": "folder:/secret/photos", "data_dir": "/secret/data"}
    groups = [Group("a", [written("a", SICK, **own)]), Group("b", [written("b", SICK)])]
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    told = "".join([about(groups), differences(groups), settings(groups), *diagnosis(groups)])
    assert "secret" not in told
    assert str(tmp_path) not in told
    assert "dataset = folder:photos" in told
    assert cells(differences(groups))["dataset"] == ["folder:photos", "digits"]
    assert "--config a/config.json" in told


def test_many_groups_have_a_row_each(written):
    groups = [Group(f"g{i}", [written(f"run-{i}", records(fid=float(i)))]) for i in range(5)]
    table = cells(summary(groups, ["fid"], {"fid": "lower"}))
    assert table["so far"][0] == "fid (lower is better)"
    assert [table[f"g{i}"][0] for i in range(5)] == ["0", "1", "2", "3", "4"]


def test_a_finished_comparison_speaks_of_the_end(written):
    groups = [Group("a", [written("a", records(100, fid=1.0))])]
    assert "at the end" in cells(summary(groups, ["fid"], {"fid": "lower"}))
    assert "Not finished" not in str(about(groups))
