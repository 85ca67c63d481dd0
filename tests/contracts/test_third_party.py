"""Plugins from outside the repository, as plugins/README.md has them: installed, trained, exported, sampled, served."""

import io
import json
import os
import re
import subprocess
import sys

import numpy as np
import PIL.Image
import pytest
from starlette.testclient import TestClient

from ganzoo_serve.http.app import create_app
from ganzoo_serve.models.catalogue import Catalogue


@pytest.fixture(scope="module")
def examples(root):
    """The readme's code, by the name of its file; the unit test is the one without a name."""
    text = (root / "plugins" / "README.md").read_text(encoding="utf-8")
    found = {}
    for before, code in re.findall(r"([^\n]*)\n\n```(?:python|toml)\n(.*?)```", text, flags=re.DOTALL):
        name = re.search(r"`([\w/]+\.(?:py|toml))`:$", before)
        found[name.group(1) if name else before] = code
    return found


@pytest.fixture(scope="module")
def installed(examples, tmp_path_factory):
    """A folder for PYTHONPATH in which both plugins of the readme are installed, and one that raises on import."""
    folder = tmp_path_factory.mktemp("plugins")
    soft_table = examples["pyproject.toml"]
    linear_table = soft_table.replace("soft", "linear").replace(
        'only-include = ["ganzoo_linear.py"]', 'packages = ["ganzoo_linear"]'
    )
    files = {
        "soft/ganzoo_soft.py": examples["ganzoo_soft.py"],
        "soft/pyproject.toml": soft_table,
        "linear/ganzoo_linear/__init__.py": examples["ganzoo_linear/__init__.py"],
        "linear/ganzoo_linear/networks.py": examples["ganzoo_linear/networks.py"],
        "linear/pyproject.toml": linear_table,
        "light/ganzoo_light.py": examples["ganzoo_light.py"],
        "light/pyproject.toml": soft_table.replace("soft", "light"),
        "broken/ganzoo_broken.py": "raise RuntimeError('out of order')\n",
        "broken/pyproject.toml": soft_table.replace("soft", "broken"),
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    offline = ["--no-deps", "--no-build-isolation", "--no-index", "--target", str(folder / "installed")]
    done = subprocess.run(
        [*pip, *offline, *(str(folder / name) for name in ("soft", "linear", "light", "broken"))],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder / "installed"


@pytest.fixture(scope="module")
def ganzoo(installed, tmp_path_factory):
    """``ganzoo("list")``: the process of a command, with the plugins installed, in an empty folder."""
    folder = tmp_path_factory.mktemp("work")
    environment = os.environ | {"PYTHONPATH": str(installed), "OMP_NUM_THREADS": "1"}

    def run(*arguments, **more):
        command = [sys.executable, "-m", "ganzoo", *arguments]
        return subprocess.run(command, cwd=folder, env=environment | more, capture_output=True, text=True, timeout=120)

    run.folder = folder
    return run


@pytest.fixture(scope="module")
def model(ganzoo):
    """The path of a conditional model of ``linear-soft`` on ``stripes``, trained for a few steps and exported."""
    options = ["--conditional", "--steps", "40", "--batch-size", "16", "--set", "arch.rank=4"]
    trained = ganzoo("train", "linear-soft", "--dataset", "stripes", *options)
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.splitlines()[-1] == os.path.join("runs", "00001-linear-soft-stripes")
    exported = ganzoo("export")
    assert exported.returncode == 0, exported.stderr
    assert "linear-soft-stripes of 0.64 kimg, 8x8x1" in exported.stdout
    return ganzoo.folder / "runs" / "00001-linear-soft-stripes" / "model.onnx"


def test_they_are_listed_with_what_they_bring(ganzoo):
    rows = {line.split()[0]: line for line in ganzoo("plugins").stdout.splitlines()}
    assert rows["soft"].endswith("ganzoo-soft 1.0  loss soft")
    assert rows["linear"].endswith("ganzoo-linear 1.0  architecture linear, data set stripes")
    assert "architecture dcgan" in rows["dcgan"]


def test_one_that_raises_on_import_is_reported_and_stops_nothing(ganzoo):
    listed = ganzoo("plugins")
    assert listed.returncode == 0
    (row,) = [line.split(maxsplit=1) for line in listed.stdout.splitlines() if line.startswith("broken ")]
    assert row[1] == "ganzoo-broken 1.0  left out: RuntimeError: out of order (ganzoo_broken.py:1)"
    assert listed.stderr == "Warning: plugin 'broken' is left out: RuntimeError: out of order (ganzoo_broken.py:1)\n"


def test_strangers_can_be_left_out_by_name(ganzoo):
    listed = ganzoo("plugins", GANZOO_LOAD_PLUGINS="soft")
    names = {line.split()[0] for line in listed.stdout.splitlines()}
    assert "soft" in names
    assert not {"linear", "broken"} & names
    assert listed.stderr == ""


def test_declaring_them_loads_no_torch(installed):
    code = "import sys; from ganzoo.registry import get_registry; assert 'soft' in get_registry().losses; "
    code += "sys.exit('torch' in sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(installed)}
    subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True)


def test_sample_and_the_server_draw_the_same_images_of_the_exported_file(ganzoo, model):
    drawn = ganzoo("sample", str(model), "--seeds", "0-3", "--class", "standing", "-o", "four.npy")
    assert drawn.returncode == 0, drawn.stderr
    images = np.load(ganzoo.folder / "four.npy")
    assert images.shape == (4, 8, 8, 1)
    assert images.std() > 0
    models = Catalogue.load([model], device="cpu")
    with TestClient(create_app(models)) as client:
        for seed, image in enumerate(images):
            reply = client.get(f"/v1/models/linear-soft-stripes/images/{seed}.png?class=standing")
            assert reply.status_code == 200
            served = np.asarray(PIL.Image.open(io.BytesIO(reply.content)))
            np.testing.assert_array_equal(served, image[..., 0])


def test_the_exported_file_needs_neither_the_plugins_nor_torch(model, tmp_path):
    code = (
        "import sys; from pathlib import Path; from ganzoo.sampling import sample_to; "
        "sample_to(Path(sys.argv[1]), [0], Path('0.png')); sys.exit('torch' in sys.modules)"
    )
    environment = os.environ | {"GANZOO_LOAD_PLUGINS": ""}
    subprocess.run([sys.executable, "-c", code, str(model)], env=environment, cwd=tmp_path, check=True)
    assert (tmp_path / "0.png").is_file()


def test_the_readmes_metric_is_taken_in_the_readmes_features(ganzoo, model):
    options = ["--dataset", "stripes", "--features", "brightness", "--metrics", "shift", "--samples", "50"]
    done = ganzoo("eval", str(model), *options, "--json", "shift.json", GANZOO_CACHE="cache")
    assert done.returncode == 0, done.stderr
    scores = json.loads((ganzoo.folder / "shift.json").read_text(encoding="utf-8"))["scores"]
    by_name = {score["name"]: score["value"] for score in scores}
    drawn = ganzoo("sample", str(model), "--seeds", "0-49", "-o", "fifty.npy")
    assert drawn.returncode == 0, drawn.stderr
    # half of the stripes' pixels are white; classes there are as frequent as a seed's own
    assert by_name["lighter_by"] == pytest.approx(np.load(ganzoo.folder / "fifty.npy").mean() / 255 - 0.5, abs=0.1)
    assert by_name["richer_by"] < 0
    assert {score["protocol"]["features_sha256"] for score in scores} == {"brightness-1"}


def test_the_readmes_unit_test_passes(installed, examples, tmp_path):
    (test,) = [code for code in examples.values() if "def test_" in code]
    script = f"{test}\ntest_images_are_images()\n"
    environment = os.environ | {"PYTHONPATH": str(installed)}
    subprocess.run([sys.executable, "-c", script], env=environment, cwd=tmp_path, check=True)


def test_the_readmes_data_set_is_what_it_says(examples):
    space = {}
    exec(examples["ganzoo_linear/__init__.py"], space)
    data = space["load_stripes"](None)
    lying, standing = data.images[0, ..., 0], data.images[1, ..., 0]
    np.testing.assert_array_equal(lying, standing.T)
    assert (lying[2:4] == 255).all()
    assert (lying[0:2] == 0).all()
    assert data.labels.tolist() == [0, 1] * 100
