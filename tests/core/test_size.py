import json
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from ganzoo import ConfigError, Size
from ganzoo.config import TrainConfig
from ganzoo.data import Pack
from ganzoo.data.cut import remark
from ganzoo.registry import get_registry
from ganzoo_serve.generator import Generator

TINY = ("--batch-size", 8, "--steps", 2, "--set", "arch.hidden_g=[8]", "--set", "arch.hidden_d=[8]")


@pytest.fixture
def photos(tmp_path):
    """A folder of 20 images, 32 high and 16 wide."""
    folder = tmp_path / "photos"
    folder.mkdir()
    images = np.random.default_rng(0).integers(0, 256, (20, 32, 16, 3), np.uint8)
    for i, image in enumerate(images):
        PIL.Image.fromarray(image).save(folder / f"{i:02}.png")
    return folder


@pytest.mark.parametrize("given", [64, "64", " 64 ", "64x64", (64, 64), [64, 64], (64,), Size(64, 64)])
def test_one_number_is_a_square(given):
    assert Size.of(given) == (64, 64)
    assert str(Size.of(given)) == "64"


def test_two_are_height_and_width():
    assert Size.of("64x32") == Size(height=64, width=32) == Size.of(str(Size(64, 32)))


@pytest.mark.parametrize(
    "given", ["", "x", "64x", "64by32", "1x2x3", 0, "0x4", -4, 64.5, True, None, (1, 2, 3), "9" * 5000]
)
def test_what_is_no_size_is_refused(given):
    with pytest.raises(ValueError, match=r"^expected pixels as 64, or height x width as 64x32$"):
        Size.of(given)


@pytest.mark.parametrize(("size", "written"), [(Size(64, 64), 64), (Size(64, 32), "64x32"), (None, None)])
def test_a_configuration_keeps_it_as_it_is_typed(size, written):
    config = TrainConfig(recipe="mlp-ns", architecture="mlp", loss="ns", resolution=size)
    document = json.loads(config.model_dump_json())
    assert document["resolution"] == written
    assert TrainConfig.model_validate(document).resolution == size


@pytest.mark.parametrize(
    ("own", "square", "kept"),
    [
        (Size(32, 16), 16, "keep them whole with '--resolution 32x16'"),
        (Size(600, 1000), 256, "keep more of them with '--resolution 256x448'"),
        (Size(48, 64), 32, "keep more of them with '--resolution 32x40'"),
        (Size(100_000, 16), 16, "keep more of them with '--resolution 4096x16'"),
        (Size(64, 70), 64, None),
        (Size(28, 28), 16, None),
        (None, 16, None),
    ],
)
def test_what_is_cut_off_is_said_with_a_size_that_every_ladder_has(own, square, kept):
    said = remark(1000, own, Size.of(square))
    if kept is None or own is None:
        assert said == ""
    else:
        cut = f"1,000 images of {own.height}x{own.width} (in the median), cut to {square}x{square}"
        assert said == f"{cut}; {kept}."


def test_images_that_are_not_square_are_trained_on_and_drawn_whole(ganzoo, photos):
    done = ganzoo("train", "mlp-ns", "--dataset", f"folder:{photos}", "--resolution", "32x16", *TINY, "--out", "run")
    assert done.exit_code == 0, done.output
    assert "cut to" not in done.output
    assert json.loads(Path("run/config.json").read_text())["config"]["resolution"] == "32x16"
    assert ganzoo("train", "--resume", "run", "--steps", 3).exit_code == 0
    assert ganzoo("export", "run").exit_code == 0
    generator = Generator.load(Path("run/model.onnx"), device="cpu")
    assert generator.sample([0]).shape == (1, 32, 16, 3)
    scored = ganzoo("eval", "run", "--metrics", "swd", "--samples", 20)
    assert scored.exit_code == 0, scored.output
    (protocol,) = (
        score["protocol"] for score in json.loads(next(Path("run/scores").glob("*.json")).read_text())["scores"]
    )
    assert protocol["image"] == [32, 16, 3]
    assert protocol["resizer"] == "Lanczos, largest centred part of that shape"


def test_a_pack_that_is_not_square_is_trained_on_as_it_is(ganzoo, photos):
    assert ganzoo("data", "pack", f"folder:{photos}", "out", "--resolution", "16x8", "--workers", 1).exit_code == 0
    pack = Pack.read(Path("out"))
    assert json.loads(Path("out/pack.json").read_text())["resolution"] == "16x8"
    assert pack.facts.resized.startswith("the largest centred part of that shape")
    done = ganzoo("train", "mlp-ns", "--dataset", "packed:out", *TINY, "--dry-run")
    assert "Data: 20 images of 16x8, 3 channels, no classes." in done.stdout
    refused = ganzoo("train", "mlp-ns", "--dataset", "packed:out", "--resolution", "8x16", *TINY)
    assert "holds images of 16x8x3; 8x16x3 was asked for" in refused.stderr
    assert "--resolution 8x16 --channels 3'" in refused.stderr


def test_images_that_are_cut_to_squares_are_said_to_be(ganzoo, photos):
    said = "20 images of 32x16 (in the median), cut to 16x16; keep them whole with '--resolution 32x16'."
    options = ("mlp-ns", "--dataset", f"folder:{photos}", *TINY)
    assert said in ganzoo("train", *options, "--dry-run").stdout
    assert said in ganzoo("train", *options, "--out", "run").stderr
    assert said not in ganzoo("train", "--resume", "run", "--steps", 3).output
    assert said in ganzoo("data", "pack", f"folder:{photos}", "out", "--workers", 1).stderr


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.zip", "zip"), ("b.NPZ", "npz"), ("c.tar.gz", "tar"), ("photos", "folder"), ("packed", "packed")],
)
def test_a_path_without_its_kind_is_answered_with_it(tmp_path, name, kind):
    path = tmp_path / "here" / name
    path.parent.mkdir()
    path.mkdir() if "." not in name else path.touch()
    if kind == "packed":
        (path / "pack.json").touch()
    with pytest.raises(ConfigError, match=rf"is a path without .*: try '{kind}:{path}'\.$"):
        get_registry().dataset_of(str(path))
