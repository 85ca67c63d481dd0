"""The command line: what it answers, where, and with which exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import numpy as np
import PIL.Image
import pytest
from command_line import TINY, npz

from ganzoo import __version__
from ganzoo.cli import main
from ganzoo.hookspecs import COMMANDS
from ganzoo_serve.generator import Generator
from ganzoo_serve.metadata import read

TINY_DCGAN = ("--batch-size", "4", "--steps", "2", "--set", "arch.width_g=4", "--set", "arch.width_d=4")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of two steps, not to be changed."""
    from click.testing import CliRunner

    run = tmp_path_factory.mktemp("runs") / "run"
    CliRunner().invoke(main, ["train", "mlp-ns", *TINY, "--out", str(run)], catch_exceptions=False)
    return run


# Help


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_helps_with_an_example(ganzoo, name):
    result = ganzoo(name, "--help")
    assert result.exit_code == 0
    assert f"\n  ganzoo {name}" in result.stdout
    assert result.stderr == ""
    assert ganzoo(name, "-h").stdout == result.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_is(name):
    command = main.get_command(click.Context(main), name)
    assert command.name == name
    unexplained = [
        option.name
        for option in command.params
        if isinstance(option, click.Option) and not option.help and not option.show_default
    ]
    assert not unexplained


def test_the_commands_are_listed_in_the_order_in_which_a_new_user_meets_them(ganzoo):
    text = ganzoo("--help").stdout
    listed = [line.split()[0] for line in text.partition("Commands:\n")[2].splitlines()]
    ours, of_plugins = listed[: len(COMMANDS)], listed[len(COMMANDS) :]
    assert ours == list(COMMANDS)
    assert of_plugins == sorted(of_plugins)
    assert {"encoder", "inpaint", "invert", "semisupervised"} <= set(of_plugins)
    assert "ganzoo train dcgan-wgangp" in text


def test_the_version_is_told(ganzoo):
    assert ganzoo("--version").stdout == f"ganzoo, version {__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["list"], ["plugins"], ["train", "--help"], ["serve", "--help"]], ids=" ".join
)
def test_help_and_lists_load_nothing_heavy(arguments):
    heavy = ("torch", "numpy", "onnx", "onnxruntime", "sklearn", "PIL", "rich", "pooch", "huggingface_hub", "fastapi")
    code = (
        "import sys; from ganzoo.cli import main; main(sys.argv[1:], standalone_mode=False); "
        f"print(sorted(set({heavy}) & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr == "[]\n"
    assert done.stdout


# Listing


def test_list_shows_every_kind_with_where_it_is_from(ganzoo, registry):
    text = ganzoo("list").stdout
    for listing in ("recipes", "architectures", "losses", "regularizers", "augmentations", "datasets"):
        assert f"{listing} ({len(registry.catalogues()[listing])})\n" in text
    assert "[arXiv:1511.06434]  (dcgan)" in text
    assert "every ARCHITECTURE-LOSS" in text


def test_list_of_a_kind_shows_the_options(ganzoo):
    text = ganzoo("list", "regularizers").stdout
    assert "interval=1  updates from one penalty to the next" in text
    assert "dcgan" not in text
    assert "norm_d=batch  normalisation in the discriminator" in ganzoo("list", "architectures").stdout
    assert ganzoo("list", "nothing").exit_code == 2


def test_plugins_shows_what_each_brings(ganzoo):
    text = ganzoo("plugins").stdout
    rows = [line.split(maxsplit=3) for line in text.splitlines()]
    assert ["sagan", "ganzoo", __version__, "architecture sagan, recipe sagan, recipe sagan-small"] in rows


# Training


def test_train_ends_with_the_run_folder_on_stdout_and_everything_else_on_stderr(ganzoo):
    result = ganzoo("train", "mlp-ns", *TINY)
    assert result.exit_code == 0
    assert result.stdout == f"{Path('runs/00001-mlp-ns-digits')}\n"
    assert re.search(
        r"100 %  0\.0 kimg  2 steps  d_loss \d+\.\d{3}  g_loss \d+\.\d{3}  \d+ images/s  0s left", result.stderr
    )
    assert f"export with 'ganzoo export {result.stdout.strip()}'" in result.stderr
    assert (Path("runs/00001-mlp-ns-digits") / "config.json").is_file()


def test_a_second_run_gets_the_next_number(ganzoo):
    ganzoo("train", "mlp-ns", *TINY)
    result = ganzoo("train", "maxout-mm", *TINY)
    assert result.stdout == f"{Path('runs/00002-maxout-mm-digits')}\n"


def test_every_option_of_train_reaches_the_configuration(ganzoo, tmp_path):
    npz(tmp_path / "data.npz", labels=np.arange(8) % 2)
    (tmp_path / "more.toml").write_text("keep_checkpoints = 5\nseed = 1\n")
    options = ["--dataset", "npz:data.npz", "--resolution", 16, "--conditional", "--seed", 7, "--precision", "bf16"]
    options += [
        "--device",
        "cpu",
        "--regularizer",
        "lecam:weight=2,first=3",
        "--augment",
        "flip",
        "--config",
        "more.toml",
    ]
    options += ["--data-dir", tmp_path, "--out", "here", "--checkpoint-every", 0.5, "--set", "z_dim=3"]
    result = ganzoo("train", "mlp-ns", *TINY, *options)
    assert (result.exit_code, result.stdout) == (0, "here\n")
    document = json.loads(Path("here/config.json").read_text(encoding="utf-8"))
    config, origins = document["config"], document["origins"]
    expected = {
        "recipe": "mlp-ns",
        "dataset": f"npz:{Path.cwd() / 'data.npz'}",
        "resolution": 16,
        "channels": 1,
        "conditional": True,
        "seed": 7,
        "precision": "bf16",
        "device": "cpu",
        "regularizers": {"lecam": {"weight": 2.0, "decay": 0.99, "first": 3}},
        "augmentations": {"flip": {"p": 0.5}},
        "keep_checkpoints": 5,
        "data_dir": str(tmp_path),
        "checkpoint_every": 0.5,
        "z_dim": 3,
        "batch_size": 4,
        "steps": 2,
    }
    assert {key: config[key] for key in expected} == expected
    assert origins["seed"] == "command line"
    assert origins["keep_checkpoints"] == "more.toml"
    assert origins["channels"] == "data set npz"


def test_none_takes_all_regularizers_away_before_what_follows(ganzoo):
    options = ["--regularizer", "none", "--regularizer", "r2:gamma=1", "--dry-run"]
    text = ganzoo("train", "dcgan-wgangp", *TINY_DCGAN, *options).stdout
    assert "regularizers.r2.gamma " in text
    assert "gradient-penalty" not in text


def test_a_dry_run_shows_values_and_origins_and_writes_nothing(ganzoo, tmp_path):
    result = ganzoo("train", "mlp-wgangp", *TINY, "--dry-run", "--out", "run")
    assert result.exit_code == 0
    rows = dict(line.split(maxsplit=1) for line in result.stdout.partition("\n\n")[0].splitlines())
    assert rows["batch_size"].split(maxsplit=1) == ["4", "command line"]
    assert rows["n_critic"].split(maxsplit=1) == ["5", "loss wgangp"]
    assert rows["resolution"].split(maxsplit=1) == ["16", "data set digits"]
    assert rows["seed"].split(maxsplit=1) == ["0", "default"]
    assert "Data: 1,500 images of 16x16, 1 channel, 10 classes." in result.stdout
    assert "Parameters: generator " in result.stdout
    assert "images/s, measured here just now." in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_dry_run_without_the_data_shows_the_settings_all_the_same(ganzoo):
    result = ganzoo("train", "mlp-wgangp", "--dataset", "folder:nowhere", "--dry-run")
    assert result.exit_code == 1
    assert "n_critic" in result.stdout
    assert "nowhere" in result.stderr


def test_a_stopped_run_goes_on_and_may_get_a_new_budget(ganzoo):
    ganzoo("train", "mlp-ns", *TINY, "--out", "run")
    result = ganzoo("train", "--resume", "run", "--steps", 3)
    assert (result.exit_code, result.stdout) == (0, "run\n")
    assert "Going on from kimg000000.008.safetensors." in result.stderr
    assert json.loads(Path("run/config.json").read_text())["config"]["steps"] == 3


@pytest.mark.parametrize(("option", "value"), [("--steps", 0), ("--steps", -1), ("--kimg", "nan"), ("--kimg", 0)])
def test_a_new_budget_that_never_ends_is_refused_and_the_run_stays_as_it_was(ganzoo, run_folder, option, value):
    before = (run_folder / "config.json").read_bytes()
    result = ganzoo("train", "--resume", run_folder, option, value)
    assert result.exit_code == 2
    assert f"Error: {option.removeprefix('--')}: Input should be " in result.stderr
    assert (run_folder / "config.json").read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT to send to one process")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_saves_and_ends_with_its_own_exit_code(tmp_path, number, code):
    arguments = ["train", "mlp-ns", *TINY, "--steps", "10000000", "--out", "run"]
    training = subprocess.Popen(
        [sys.executable, "-m", "ganzoo", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "run" / "stats.jsonl").exists():  # written by the loop, with its handlers in place
            assert time.monotonic() < deadline
            assert training.poll() is None
            time.sleep(0.05)
        training.send_signal(number)
        output, errors = training.communicate(timeout=60)
    finally:
        training.kill()
    assert training.returncode == code
    assert output == "run\n"
    assert "Stopped; go on with 'ganzoo train --resume run'." in errors
    assert "Traceback" not in errors
    assert list((tmp_path / "run" / "checkpoints").glob("*.safetensors"))


def test_ctrl_c_outside_of_training_is_130_without_a_traceback(ganzoo, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("ganzoo.registry.get_registry", interrupted)
    result = ganzoo("list")
    assert result.exit_code == 130
    assert "Traceback" not in result.stderr


# Models


def test_sample_writes_an_image_a_grid_an_array_or_a_folder_of_the_same_pixels(ganzoo, tmp_path, model):
    generator = Generator.load(model, device="cpu")
    images = generator.sample([3, 4, 5], classes="dog")
    common = ["sample", model, "--class", "dog", "--device", "cpu"]
    for out, seeds in {"one.png": 4, "grid.png": "3-5", "all.npy": "3-5", "new/folder": "3-5"}.items():
        result = ganzoo(*common, "--seeds", seeds, "-o", out, "--columns", 3)
        assert (result.exit_code, result.stdout) == (0, f"{Path(out)}\n"), result.output
    np.testing.assert_array_equal(np.asarray(PIL.Image.open("one.png")), images[1])
    np.testing.assert_array_equal(np.asarray(PIL.Image.open("grid.png")), np.concatenate(images, axis=1))
    np.testing.assert_array_equal(np.load("all.npy"), images)
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == ["3.png", "4.png", "5.png"]
    np.testing.assert_array_equal(np.asarray(PIL.Image.open("new/folder/5.png")), images[2])


def test_inspect_shows_what_the_file_says_of_itself(ganzoo, model):
    text = ganzoo("inspect", model).stdout
    assert "name          tiny\n" in text
    assert "classes       cat, dog\n" in text
    assert "8x8 RGB, uint8" in text
    document = json.loads(ganzoo("inspect", model, "--json").stdout)
    assert (document["schema"], document["classes"]) == (1, ["cat", "dog"])


def test_export_takes_the_newest_run_and_says_how_well_it_agrees(ganzoo, tmp_path, run_folder):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "00001-x").symlink_to(run_folder)
    result = ganzoo("export", "-o", "out/small.onnx", "--name", "My Model")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(f"{Path('out/small.onnx')}: my-model of 0.008 kimg, 16x16x1, ")
    assert "against torch 100.000% of values equal" in result.stdout
    assert result.stdout.count("\n") == 1


def test_an_export_says_the_licence_that_it_was_given(ganzoo, run_folder):
    assert ganzoo("export", run_folder, "-o", "a.onnx", "--licence", "CC-BY-4.0").exit_code == 0
    assert read(Path("a.onnx")).licence == "CC-BY-4.0"


def test_of_float_images_only_the_largest_difference_is_told(ganzoo, run_folder):
    result = ganzoo("export", run_folder, "-o", "float.onnx", "--output", "float")
    assert re.search(r"MB; largest difference from torch [-.e\d]+\.\n", result.stdout), result.stdout


def test_an_export_that_cannot_be_written_is_told_without_a_traceback(ganzoo, tmp_path, run_folder):
    (tmp_path / "file").write_text("")
    result = ganzoo("export", run_folder, "-o", "file/a.onnx")
    assert result.exit_code == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.startswith("Error: file")


def test_a_card_is_a_folder_that_the_hub_understands(ganzoo, tmp_path, run_folder):
    from huggingface_hub import ModelCard

    result = ganzoo("card", run_folder, "-o", "card", "--name", "Tiny Digits", "--licence", "apache-2.0")
    assert (result.exit_code, result.stdout) == (0, "card\n"), result.output
    assert sorted(path.name for path in Path("card").iterdir()) == [
        "README.md",
        "config.json",
        "model.onnx",
        "samples.png",
    ]
    card = ModelCard.load("card/README.md", ignore_metadata_errors=False)
    assert card.data.license == "apache-2.0"
    assert card.data.datasets == ["digits"]
    assert "http://127.0.0.1:8000/v1/models/tiny-digits/images/42.png'" in card.text
    generator = Generator.load("card/model.onnx", device="cpu")
    assert generator.name == "tiny-digits"
    assert generator.metadata.licence == "apache-2.0"


def test_serve_passes_on_what_was_asked(ganzoo, monkeypatch, model):
    asked = {}
    monkeypatch.setattr("ganzoo_serve.serving.serve", lambda models, **options: asked.update(options, models=models))
    assert ganzoo("serve", model, "--port", 9000, "--device", "cpu", "--workers", 3).exit_code == 0
    assert asked.pop("settings").workers == 3
    assert asked == {"models": [model], "host": "127.0.0.1", "port": 9000, "device": "cpu"}


def test_serve_without_models_serves_those_that_came_with_ganzoo(ganzoo, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr("ganzoo_serve.serving.serve", lambda models, **_: asked.extend(models))
    monkeypatch.setattr("ganzoo.published.__file__", str(tmp_path / "ganzoo" / "published.py"))
    result = ganzoo("serve")
    assert result.exit_code == 1
    assert "No models came with this installation. Expected: 'ganzoo serve FILE'" in result.stderr
    (tmp_path / "model_cards").mkdir()
    assert ganzoo("serve").exit_code == 0
    assert asked == [tmp_path / "model_cards"]


@pytest.mark.parametrize(("before", "after"), [(None, "30000"), ("7", "7")])
def test_threads_that_wait_give_their_core_away_soon_unless_the_user_said_otherwise(before, after, ganzoo, monkeypatch):
    monkeypatch.setenv("GOMP_SPINCOUNT", before or "")
    if before is None:
        monkeypatch.delenv("GOMP_SPINCOUNT")
    assert ganzoo("plugins").exit_code == 0
    assert os.environ["GOMP_SPINCOUNT"] == after
