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

from ganzoo import __version__
from ganzoo.cli import main
from ganzoo.hookspecs import COMMANDS
from ganzoo_serve.generator import Generator
from ganzoo_serve.testing import make_metadata, write_model

TINY = ("--batch-size", "4", "--steps", "2", "--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]")
TINY_DCGAN = ("--batch-size", "4", "--steps", "2", "--set", "arch.width_g=4", "--set", "arch.width_d=4")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model with classes, in a file."""
    metadata = make_metadata("tiny", classes=("cat", "dog"))
    return write_model(tmp_path_factory.mktemp("models") / "tiny.onnx", metadata)


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """A run of two steps, not to be changed."""
    from click.testing import CliRunner

    run = tmp_path_factory.mktemp("runs") / "run"
    CliRunner().invoke(main, ["train", "mlp-ns", *TINY, "--out", str(run)], catch_exceptions=False)
    return run


def npz(path, labels=None):
    """Eight random 8x8 images."""
    images = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1), dtype=np.uint8)
    np.savez(path, images=images, **({} if labels is None else {"labels": labels}))
    return path


def process(*arguments, **options):
    return subprocess.run(
        [sys.executable, "-m", "ganzoo", *map(str, arguments)], capture_output=True, text=True, timeout=120, **options
    )


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
    assert "interval=1  critic steps from one penalty to the next" in text
    assert "dcgan" not in text
    assert "norm_d=batch  normalisation in the discriminator" in ganzoo("list", "architectures").stdout
    assert ganzoo("list", "nothing").exit_code == 2


def test_plugins_shows_what_each_brings(ganzoo):
    text = ganzoo("plugins").stdout
    rows = [line.split(maxsplit=3) for line in text.splitlines()]
    assert ["classic", "ganzoo", __version__, "architecture maxout, architecture mlp, recipe gan2014"] in rows


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
        "r1:gamma=2,interval=3",
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
        "regularizers": {"r1": {"gamma": 2.0, "interval": 3}},
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
    assert "Data: 1,500 images of 16x16, 1 channels, 10 classes." in result.stdout
    assert "Parameters: generator " in result.stdout
    assert "images/s, measured here just now." in result.stdout
    assert list(tmp_path.iterdir()) == []


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


# Misuse


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nope"], 2, "No such command 'nope'."),
        (["train"], 2, "Which recipe? For example 'ganzoo train dcgan-wgangp'; see 'ganzoo list'."),
        (["train", "dcgam-hinge"], 1, "Unknown architecture 'dcgam'. Did you mean 'dcgan'?"),
        (["train", "dcgan-hing"], 1, "Unknown loss 'hing'. Did you mean 'hinge'?"),
        (["train", "diffusion"], 1, "Unknown recipe 'diffusion'."),
        (["train", "mlp-ns", "--dataset", "digit"], 1, "Unknown data set 'digit'. Did you mean 'digits'?"),
        (
            ["train", "mlp-ns", "--regularizer", "weight-clip"],
            1,
            "Unknown regularizer 'weight-clip'. Did you mean 'weight",
        ),
        (["train", "mlp-ns", "--augment", "flop"], 1, "Unknown augmentation 'flop'. Did you mean 'flip'?"),
        (
            ["train", "mlp-ns", "--regularizer", "r1:gama=1"],
            2,
            "regularizers.r1.gama: there is no such option (from command line). Known",
        ),
        (["train", "mlp-ns", "--regularizer", "r1:gamma"], 2, "'gamma' is no option; expected r1:OPTION=VALUE,..."),
        (["train", "mlp-ns", "--set", "seed"], 2, "'seed' is no setting; expected KEY=VALUE"),
        (["train", "mlp-ns", "--set", "loss=hinge"], 2, "loss: is no setting but part of what is asked for by name"),
        (["train", "mlp-ns", "--seed", "x"], 2, "Invalid value for '--seed': 'x' is not a valid integer."),
        (["train", "mlp-ns", "--batch-size", 1], 2, "batch_size: Input should be greater than or equal to 2; got 1"),
        (["train", "mlp-ns", "--kimg", "nan"], 2, "kimg: Input should be a finite number; got nan"),
        (["train", "mlp-ns", "--kimg", 1, "--steps", 1], 2, "Give the budget by --kimg or by --steps, not by both."),
        (
            ["train", "mlp-ns", "--precision", "fp8"],
            2,
            "precision: Input should be 'fp32', 'tf32' or 'bf16'; got 'fp8'",
        ),
        (["train", "mlp-ns", "--device", "gpu"], 2, "There is no device 'gpu'; expected auto, cpu, cuda or cuda:N."),
        (["train", "mlp-ns", "--device", "meta"], 2, "ganzoo does not train on 'meta'; expected auto, cpu"),
        (["train", "mlp-ns", "--device", "cuda:99"], 2, "'cuda:99' was asked for, but torch sees "),
        (["train", "mlp-ns", "--config", "none.toml"], 2, "File 'none.toml' does not exist."),
        (["train", "mlp-ns", "--out", "file"], 2, "Directory 'file' is a file."),
        (["train", "mlp-ns", "--out", "file/run"], 1, "file/run: Not a directory."),
        (["train", "mlp-ns", "--dataset", "folder"], 2, "Data set 'folder' needs a path: '--dataset folder:PATH'."),
        (
            ["train", "mlp-ns", "--dataset", "digits:x"],
            2,
            "Data set 'digits' takes no path; expected '--dataset digits'",
        ),
        (["train", "mlp-ns", "--dataset", "npz:none.npz"], 1, "There is no file none.npz; expected an npz file"),
        (["train", "mlp-ns", "--dataset", "npz:file"], 1, "file cannot be read as an npz file of plain arrays"),
        (["train", "mlp-ns", "--dataset", "mnist", "--data-dir", "none"], 1, "There is no data folder none."),
        (
            ["train", "dcgan-ns", "--resolution", 17],
            2,
            "17x17: expected a square, its side a power of two of at least 8.",
        ),
        (["train", "dcgan-ns", "--resolution", 17], 2, "The nearest is '--resolution 16'."),
        (["train", "dcgan-ns", "--resolution", 3], 2, "resolution: Input should be greater than or equal to 4; got 3"),
        (
            ["train", "dcgan-wgangp", "--set", "arch.norm_d=batch"],
            2,
            "mixes the images of a batch, as batch norm does.",
        ),
        (["train", "--resume", "none"], 1, "none is not a run folder: it has no config.json."),
        (["train", "--resume", "none", "--seed", 1], 2, "only --kimg or --steps may go with --resume."),
        (["train", "mlp-ns", "--resume", "none"], 2, "A resumed run keeps its settings"),
        (["export"], 1, "There is no run in runs"),
        (["export", "none"], 1, "none is not a run folder: it has no config.json."),
        (["export", "none", "--name", "日本"], 2, "No model name can be made of '日本'"),
        (["export", "none", "--output", "int4"], 2, "'int4' is not one of 'uint8', 'float'."),
        (["card", "none", "-o", "card"], 1, "none is not a run folder"),
        (["card", "none"], 2, "Missing option '-o' / '--out'."),
        (
            ["sample", "none.onnx", "--seeds", 1, "-o", "a.png"],
            1,
            "none.onnx cannot be read (No such file or directory)",
        ),
        (["sample", "none.onnx", "--seeds", "x", "-o", "a.png"], 2, "'x' is no list of seeds; expected 42, 0-63"),
        (["sample", "none.onnx", "--seeds", 1, "-o", "a.gif"], 2, "there is no format '.gif'; expected .png, .jpg"),
        (["serve", "none.onnx"], 1, "none.onnx cannot be read (No such file or directory). Expected an .onnx file."),
        (["serve", "--port", 70000], 2, "70000 is not in the range 0<=x<=65535."),
        (["inspect", "none.onnx"], 1, "none.onnx cannot be read (No such file or directory). Expected an .onnx file."),
    ],
)
def test_misuse_is_answered_with_a_sentence_and_leaves_nothing_behind(ganzoo, tmp_path, arguments, code, said):
    (tmp_path / "file").write_text("no model, no run, no data")
    result = ganzoo(*arguments)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_classes_are_not_learnt_from_data_without_labels(ganzoo, tmp_path):
    result = ganzoo("train", "mlp-ns", "--conditional", "--dataset", f"npz:{npz(tmp_path / 'a.npz')}")
    assert result.exit_code == 2
    assert "has no labels: leave out '--conditional', or use a labelled one." in result.stderr
    assert not (tmp_path / "runs").exists()


def test_labels_that_do_not_fit_the_class_names_are_refused(ganzoo, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, images=np.zeros((2, 8, 8, 1), np.uint8), labels=np.array([0, 3]), class_names=np.array(["a", "b"]))
    result = ganzoo("train", "mlp-ns", "--conditional", "--dataset", f"npz:{path}")
    assert result.exit_code == 1
    assert "expected at least 4 strings" in result.stderr


def test_a_truncated_data_file_is_named(ganzoo, tmp_path):
    path = npz(tmp_path / "a.npz")
    path.write_bytes(path.read_bytes()[:-40])
    result = ganzoo("train", "mlp-ns", "--dataset", f"npz:{path}")
    assert result.exit_code == 1
    assert f"{path} cannot be read as an npz file of plain arrays" in result.stderr


def test_a_broken_image_in_a_small_folder_is_an_error_that_names_it(ganzoo, tmp_path):
    (tmp_path / "photos").mkdir()
    PIL.Image.new("L", (8, 8)).save(tmp_path / "photos" / "good.png")
    (tmp_path / "photos" / "bad.png").write_bytes(b"no image")
    result = ganzoo("train", "mlp-ns", "--dataset", "folder:photos")
    assert result.exit_code == 1
    assert "bad.png" in result.stderr


def test_a_damaged_settings_file_is_named(ganzoo, tmp_path):
    (tmp_path / "a.toml").write_text("batch_size =")
    result = ganzoo("train", "mlp-ns", "--config", "a.toml")
    assert result.exit_code == 2
    assert "a.toml cannot be read: " in result.stderr


def test_a_run_is_never_written_over(ganzoo, tmp_path):
    ganzoo("train", "mlp-ns", *TINY, "--out", "run")
    before = {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()}
    result = ganzoo("train", "mlp-ns", *TINY, "--out", "run")
    assert result.exit_code == 1
    assert "run already holds a run.\nGo on with it: 'ganzoo train --resume run'" in result.stderr
    assert {path: path.read_bytes() for path in (tmp_path / "run").rglob("*") if path.is_file()} == before


def test_a_folder_with_other_things_in_it_is_no_place_for_a_run(ganzoo, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.png").write_bytes(b"")
    result = ganzoo("train", "mlp-ns", *TINY, "--out", "photos")
    assert result.exit_code == 1
    assert "photos is not an empty folder. Choose another one with '--out'." in result.stderr


def test_out_of_memory_names_the_options_to_change(ganzoo):
    result = ganzoo("train", "mlp-ns", *TINY, "--set", f"arch.hidden_g=[{10**13}]")
    assert result.exit_code == 1
    assert "Out of memory at batch size 4 and 16 pixels.\nTry '--batch-size 2'" in result.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions stop nobody here")
def test_a_folder_without_permission_is_named(ganzoo, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    result = ganzoo("train", "mlp-ns", *TINY, "--out", "locked/run")
    assert result.exit_code == 1
    assert "locked/run: Permission denied." in result.stderr


def test_a_bug_keeps_its_traceback(ganzoo, monkeypatch):
    monkeypatch.setattr("ganzoo.config.resolve", lambda *_: 1 / 0)
    assert isinstance(ganzoo("train", "mlp-ns").exception, ZeroDivisionError)
    monkeypatch.setattr("ganzoo.config.resolve", lambda *_: int("x"))
    assert isinstance(ganzoo("train", "mlp-ns").exception, ValueError)


def test_an_error_of_the_process_is_one_sentence_without_a_traceback(tmp_path):
    done = process("train", "dcgam-hinge", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: Unknown architecture 'dcgam'. Did you mean 'dcgan'?\nInstalled: dcgan, ")
    assert process("train", cwd=tmp_path).returncode == 2


# Models


FOREIGN = {
    "empty": (b"", "is not an ONNX file: it holds no graph."),
    "text": (b"no model at all", "is not an ONNX file, or a damaged one."),
    "cut": (lambda content: content[: len(content) // 2], "is not an ONNX file, or a damaged one."),
    "foreign": (
        lambda content: content.replace(b"ganzoo", b"nozoog"),
        "has no ganzoo metadata: it was not written by ganzoo.",
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("command", ["sample", "inspect", "inspect --json", "serve"])
def test_a_damaged_or_foreign_model_is_refused_with_what_is_missing(ganzoo, tmp_path, model, command, kind):
    damage, said = FOREIGN[kind]
    path = tmp_path / "bad.onnx"
    path.write_bytes(damage(model.read_bytes()) if callable(damage) else damage)
    more = ["--seeds", 1, "-o", "a.png"] if command == "sample" else []
    result = ganzoo(*command.split(), path, *more)
    assert result.exit_code == 1
    assert f"{path} {said}" in result.stderr
    assert "'ganzoo export RUN'" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--class", "dgo"], "Model 'tiny' has no class 'dgo'. Did you mean 'dog'?"),
        (["--class", 2], "Class 2 is out of range: model 'tiny' has 0 ... 1."),
        (["--truncation", 0.5], "Model 'tiny' has no truncation: leave it out."),
        (["--seeds", 2**53], "Seed 9007199254740992 is not an integer in 0 ... 9007199254740991."),
    ],
)
def test_a_value_that_the_model_cannot_take_is_misuse(ganzoo, tmp_path, model, options, said):
    result = ganzoo("sample", model, "--seeds", 1, "-o", "a.png", *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_sample_writes_an_image_a_grid_an_array_or_a_folder_of_the_same_pixels(ganzoo, tmp_path, model):
    with Generator.load(model, device="cpu") as generator:
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


@pytest.mark.parametrize(("out", "said"), [("file/a.png", "could not be written: "), ("folder.png", "Is a directory")])
def test_a_place_where_nothing_can_be_written_is_named(ganzoo, tmp_path, model, out, said):
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.png").mkdir()
    result = ganzoo("sample", model, "--seeds", 1, "-o", out)
    assert result.exit_code == 1
    assert said in result.stderr
    assert out in result.stderr


def test_a_grid_too_large_for_any_viewer_is_refused_before_it_is_drawn(ganzoo, model):
    result = ganzoo("sample", model, "--seeds", "0-4095", "--columns", 4096, "-o", "a.png")
    assert result.exit_code == 2
    assert "A grid of 4096 images is more than 16384 pixels on a side." in result.stderr


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
    assert result.stdout.startswith(f"{Path('out/small.onnx')}: my-model, 16x16x1, ")
    assert "against torch 100.000% of values equal" in result.stdout
    assert result.stdout.count("\n") == 1


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
    with Generator.load("card/model.onnx", device="cpu") as generator:
        assert generator.name == "tiny-digits"


def test_serve_passes_on_what_was_asked(ganzoo, monkeypatch, model):
    asked = {}
    monkeypatch.setattr("ganzoo_serve.serving.serve", lambda models, **options: asked.update(options, models=models))
    assert ganzoo("serve", model, "--port", 9000, "--device", "cpu", "--workers", 3).exit_code == 0
    assert asked == {"models": [model], "host": "127.0.0.1", "port": 9000, "device": "cpu", "workers": 3}


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
