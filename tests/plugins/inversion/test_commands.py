"""The three commands, as they are typed."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as pillow

import ganzoo_inversion
from ganzoo_serve.generator import Generator

QUICK = ("--steps", 5, "--starts", 2, "--device", "cpu")


@pytest.fixture
def seven(plain_file, save):
    generator = Generator.load(plain_file, device="cpu")
    return save(generator.sample([7])[0], "seven.png")


@pytest.fixture
def mask(save):
    half = np.zeros((16, 16))
    half[8:] = 255
    return save(half, "mask.png")


def test_an_encoder_is_trained_written_and_used(ganzoo, plain_file, seven, mask, tmp_path):
    file = tmp_path / "encoder.onnx"
    done = ganzoo("encoder", plain_file, "-o", file, "--steps", 2, "--width", 4, "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert "held-out samples, 512 images: z error" in done.stdout
    assert file.is_file()
    for by in ("encoder", "both"):
        done = ganzoo("invert", plain_file, seven, "--encoder", file, "--by", by, *QUICK, "-o", "found")
        assert done.exit_code == 0, done.output
        assert f"found.npy, found.png: by {by}, latents (1, 4)" in done.stdout
        done = ganzoo("inpaint", plain_file, seven, mask, "--encoder", file, "--by", by, *QUICK, "-o", "filled.png")
        assert done.exit_code == 0, done.output


def test_an_encoder_beside_the_model_is_found(ganzoo, plain_file, seven, tmp_path):
    model = tmp_path / "m.onnx"
    model.write_bytes(plain_file.read_bytes())
    assert "by optimise" in ganzoo("invert", model, seven, *QUICK, "-o", "found").stdout
    assert ganzoo("encoder", model, "--kimg", 0.1, "--width", 4, "--device", "cpu").exit_code == 0
    assert (tmp_path / "m-encoder.onnx").is_file()
    assert "by both" in ganzoo("invert", model, seven, *QUICK, "-o", "found").stdout
    assert "by optimise" in ganzoo("invert", model, seven, "--by", "optimise", *QUICK, "-o", "found").stdout


def test_errors_on_real_images_are_told(ganzoo, plain_file):
    arguments = ("--steps", 1, "--width", 4, "--device", "cpu", "--dataset", "digits", "-o", "e.onnx")
    done = ganzoo("encoder", plain_file, *arguments)
    assert done.exit_code == 0, done.output
    assert "digits, test, 297 images: image error" in done.stdout


def test_a_run_folder_stands_for_the_file_that_it_holds(ganzoo, plain_file, seven, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    refused = ganzoo("invert", run, seven, "-o", tmp_path / "found")
    assert refused.exit_code == 2
    assert f"make it with 'ganzoo export {run}'" in " ".join(refused.stderr.split())
    (run / "model.onnx").write_bytes(plain_file.read_bytes())
    done = ganzoo("invert", run, seven, "-o", tmp_path / "found", "--steps", 2)
    assert done.exit_code == 0, done.output


def test_inversion_writes_latents_and_a_comparison(ganzoo, plain_file, seven, save, tmp_path):
    colour = save(np.random.default_rng(0).integers(0, 255, (40, 30, 3)), "colour.png")
    done = ganzoo("invert", plain_file, seven, colour, *QUICK, "-o", "deep/found.png")
    assert done.exit_code == 0, done.output
    z = np.load(tmp_path / "deep" / "found.npy", allow_pickle=False)
    assert z.shape == (2, 4)
    assert z.dtype == np.float32
    picture = np.asarray(pillow.open(tmp_path / "deep" / "found.png"))
    assert picture.shape == (256, 256)
    assert np.array_equal(picture[:128:8, :128:8], np.asarray(pillow.open(seven)))
    generator = Generator.load(plain_file, device="cpu")
    assert np.array_equal(picture[:128:8, 128::8], generator.run(z)[0, :, :, 0])
    assert "seven.png: image error" in done.stdout


def test_classes_are_told_by_name(ganzoo, classy_file, save):
    image = save(np.zeros((8, 8, 3)), "black.png")
    assert "class bee" in ganzoo("invert", classy_file, image, "--class", "bee", *QUICK, "-o", "found").stdout
    done = ganzoo("invert", classy_file, image, "--class", "bea", *QUICK, "-o", "found")
    assert done.exit_code == 2
    assert "Did you mean 'bee'" in done.output


def test_a_completed_image_keeps_the_known_half(ganzoo, plain_file, seven, mask, tmp_path):
    done = ganzoo("inpaint", plain_file, seven, mask, *QUICK, "-o", "out.png")
    assert done.exit_code == 0, done.output
    assert "completion 1: error" in done.stdout
    assert "50% of" in done.stdout
    image, result = (np.asarray(pillow.open(path)) for path in (seven, tmp_path / "out.png"))
    assert np.array_equal(result[:8], image[:8])
    assert not np.array_equal(result[8:], image[8:])
    done = ganzoo("inpaint", plain_file, seven, mask, *QUICK, "--completions", 2, "--no-keep-known", "-o", "strip.png")
    with pillow.open(tmp_path / "strip.png") as strip:
        assert strip.size == (32, 16)
    assert "completion 2: error" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (("invert", "MODEL", "missing.png", "-o", "x"), 1, "There is no file missing.png"),
        (("invert", "missing.onnx", "SEVEN", "-o", "x"), 1, "missing.onnx cannot be read"),
        (("invert", "SEVEN", "SEVEN", "-o", "x"), 1, "is not an ONNX file"),
        (("invert", "MODEL", "SEVEN", "--by", "encoder", "-o", "x"), 2, "There is no encoder"),
        (("invert", "MODEL", "SEVEN", "--encoder", "no.onnx", "-o", "x"), 2, "There is no encoder no.onnx"),
        (("invert", "MODEL", "SEVEN", "-o", "seven"), 2, "seven.png would be written over, and is an input"),
        (("invert", "MODEL", "SEVEN", "--class", "3", "-o", "x"), 2, "has no classes"),
        (("inpaint", "MODEL", "SEVEN", "MASK", "-o", "x.gif"), 2, "expected a name that ends in"),
        (("inpaint", "MODEL", "SEVEN", "SMALL", "-o", "x.png"), 1, "has 4x4 pixels: expected 16x16"),
        (
            ("inpaint", "MODEL", "SEVEN", "MASK", "--completions", "99", "-o", "x.png"),
            2,
            "expected '--starts 99' or more",
        ),
        (("encoder", "MODEL", "--steps", "1", "--kimg", "1"), 2, "not by both"),
        (("encoder", "MODEL", "--dataset", "digit"), 1, "Did you mean 'digits'"),
        (("encoder", "MODEL", "--steps", "0"), 2, "--steps"),
    ],
)
def test_misuse_is_answered_with_a_sentence(arguments, code, problem, ganzoo, plain_file, seven, mask, save):
    small = save(np.full((4, 4), 255), "small.png")
    places = {"MODEL": plain_file, "SEVEN": seven, "MASK": mask, "SMALL": small}
    done = ganzoo(*(places.get(argument, argument) for argument in arguments))
    assert done.exit_code == code, done.output
    assert problem in " ".join(done.output.split())
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["encoder", "invert", "inpaint"])
def test_help_has_examples(command, ganzoo):
    done = ganzoo(command, "--help")
    assert done.exit_code == 0
    assert f"ganzoo {command} " in done.output


def test_declaring_the_commands_loads_no_torch():
    folder = str(Path(ganzoo_inversion.__file__).parents[1])
    code = f"import sys; sys.path.insert(0, {folder!r}); import ganzoo_inversion; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "numpy", "onnx", "PIL"} & set(done.stdout.split())


def test_no_command_writes_over_what_it_reads(ganzoo, plain_file, seven, mask, tmp_path):
    model = tmp_path / "m.onnx"
    model.write_bytes(plain_file.read_bytes())
    before = {path: path.read_bytes() for path in (model, seven, mask)}
    for arguments in (
        ["encoder", model, "--steps", 1, "-o", model],
        ["inpaint", model, seven, mask, "-o", seven],
        ["inpaint", model, seven, mask, "-o", mask],
        ["invert", model, seven, "-o", seven],
    ):
        refused = ganzoo(*arguments)
        assert refused.exit_code == 2
        assert "would be written over, and is an input" in refused.stderr
    assert {path: path.read_bytes() for path in before} == before
