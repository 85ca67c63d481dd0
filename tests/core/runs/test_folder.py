import json

import pytest

from ganzoo.errors import RunError
from ganzoo.runs.folder import RunFolder, newest_run


@pytest.fixture
def run(tmp_path):
    return RunFolder(tmp_path)


@pytest.mark.parametrize("line", ["[]", "5", "{}", '{"nimg": "x"}', '{"nimg": 1', "[" * 100_000, ""])
def test_a_line_of_statistics_that_is_none_is_passed_over(run, line):
    run.log({"nimg": 5, "d_loss": 1.0})
    with run.stats_file.open("a") as file:
        file.write(f"{line}\n")
    run.log({"nimg": 9, "d_loss": 2.0})
    assert [record["nimg"] for record in run.stats()] == [5, 9]
    run.rewind(5)
    assert run.stats_file.read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{}", "it has no 'format'"),
        ('{"format": 99}', "its format is 99, expected 1: another ganzoo wrote it"),
        ('{"format": 1, "config": {}}', "recipe: Field required; architecture: Field required"),
        ("[" * 100_000, "recursion"),
        ("no json", "Expecting value"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_a_sentence(run, text, said):
    run.config_file.write_text(text)
    with pytest.raises(RunError, match=rf"config\.json cannot be read: .*({said})"):
        run.read_config()


def test_the_newest_run_is_one_that_got_somewhere(tmp_path):
    for name in ("00001-good", "00002-failed"):
        (tmp_path / name / "checkpoints").mkdir(parents=True)
        (tmp_path / name / "config.json").write_text(json.dumps({}))
    (tmp_path / "00001-good" / "checkpoints" / "kimg000001.000.safetensors").touch()
    assert newest_run(tmp_path).name == "00001-good"
