"""What the command line says to what it cannot use, and that nothing is lost or left behind."""

import os

import numpy as np
import PIL.Image
import pytest
from command_line import TINY, npz, process


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nope"], 2, "No such command 'nope'."),
        (["train"], 2, "Which recipe? For example 'ganzoo train dcgan-wgangp'; see 'ganzoo list'."),
        (["train", "dcgam-hinge"], 1, "Unknown architecture 'dcgam'. Did you mean 'dcgan' or 'sndcgan'?"),
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
            "precision: Input should be 'auto', 'fp32', 'tf32' or 'bf16'; got 'fp8'",
        ),
        (["train", "mlp-ns", "--device", "gpu"], 2, "There is no device 'gpu'; expected auto, cpu, cuda or cuda:N."),
        (["train", "mlp-ns", "--device", "meta"], 2, "ganzoo does not run on 'meta'; expected auto, cpu"),
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
            "17x17: expected a shorter side of 8, 16, 32 ..., and a longer one that can be halved as often.",
        ),
        (["train", "dcgan-ns", "--resolution", 17], 2, "The nearest is '--resolution 16'."),
        (["train", "dcgan-ns", "--resolution", 3], 2, "'--resolution': expected sides of 4 to 4096 pixels; got '3'"),
        (["train", "dcgan-ns", "--resolution", "17x33"], 2, "The nearest is '--resolution 16x32'."),
        (["train", "dcgan-ns", "--resolution", "64by32"], 2, "expected pixels as 64, or height x width as 64x32"),
        (
            ["train", "dcgan-wgangp", "--set", "arch.norm_d=batch"],
            2,
            "mixes the samples of a batch, as batch norm does.",
        ),
        (["train", "--resume", "none"], 1, "none is not a run folder: it has no config.json."),
        (["train", "--resume", "none", "--seed", 1], 2, "only --kimg, --steps or --animate may go with --resume."),
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


def test_out_of_memory_names_what_to_change(ganzoo):
    result = ganzoo("train", "mlp-ns", *TINY, "--set", f"arch.hidden_g=[{10**13}]")
    assert result.exit_code == 1
    assert "Out of memory at batch size 4 and 16 pixels.\nTried here: not even 2 samples at a time fit" in result.stderr


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
    assert done.stderr.startswith(
        "Error: Unknown architecture 'dcgam'. Did you mean 'dcgan' or 'sndcgan'?\nInstalled: biggan, "
    )
    assert process("train", cwd=tmp_path).returncode == 2


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
        (["--truncation", 0.5], "Model 'tiny' has no truncation: leave it out, or take"),
        (["--seeds", 2**53], "Seed 9007199254740992 is not an integer in 0 ... 9007199254740991."),
    ],
)
def test_a_value_that_the_model_cannot_take_is_misuse(ganzoo, tmp_path, model, options, said):
    result = ganzoo("sample", model, "--seeds", 1, "-o", "a.png", *options)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


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
