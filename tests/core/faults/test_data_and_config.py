"""Data or configuration lost or changed between a start and its resumption: named, and with them back the run goes on."""

import random
import shutil

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def photos(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for i, image in enumerate(np.random.default_rng(0).integers(0, 256, (6, 8, 8), np.uint8)):
        Image.fromarray(image).save(photos / f"{i}.png")
    return photos


def truncate(folder):
    (folder / "3.png").write_bytes((folder / "3.png").read_bytes()[:40])


def repaint(folder):
    Image.new("L", (8, 8), 7).save(folder / "3.png")


def add(folder):
    Image.new("L", (8, 8), 7).save(folder / "more.png")


def replace_by_file(folder):
    shutil.rmtree(folder)
    folder.write_text("")


CHANGED = "are not those that {run} was trained on"


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (shutil.rmtree, "{photos}"),
        (replace_by_file, "{photos}"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], "{photos}"),
        (truncate, "3.png"),
        (repaint, CHANGED),
        (add, CHANGED),
        (lambda folder: (folder / "3.png").unlink(), CHANGED),
    ],
    ids=["gone", "a file", "empty", "one cut short", "one repainted", "one more", "one less"],
)
def test_a_run_whose_data_changed_says_so_and_goes_on_with_them_back(
    damage, said, photos, train, resume, newest, tmp_path
):
    run, straight = tmp_path / "run", tmp_path / "straight"
    assert train(run, "--dataset", f"folder:{photos}", steps=2).end().code == 0
    assert train(straight, "--dataset", f"folder:{photos}", steps=4).end().code == 0
    before = newest(run)
    shutil.copytree(photos, tmp_path / "safe")
    damage(photos)
    command = resume(run, steps=4).end()
    assert command.code == 1
    assert said.format(photos=photos, run=run) in command.stderr
    assert "Traceback" not in command.stderr
    assert newest(run) == before

    shutil.rmtree(photos) if photos.is_dir() else photos.unlink(missing_ok=True)
    (tmp_path / "safe").rename(photos)
    assert resume(run, steps=4).end().code == 0
    assert newest(run) == newest(straight)


def test_a_configuration_cut_short_is_named_and_brought_back_the_run_goes_on(train, resume, tmp_path):
    run, config = tmp_path / "run", tmp_path / "run" / "config.json"
    assert train(run, steps=2).end().code == 0
    whole = config.read_bytes()
    for tenth in range(10):
        config.write_bytes(whole[: len(whole) * tenth // 10])
        command = resume(run, steps=3).end()
        assert command.code == 1
        assert f"{config} cannot be read: " in command.stderr
        assert "Bring back a copy of it, or start a new run" in command.stderr
        assert "Traceback" not in command.stderr
    config.unlink()
    assert f"{run} is not a run folder: it has no config.json." in resume(run).end().stderr
    config.write_bytes(whole)
    assert resume(run, steps=3).end().code == 0


@pytest.mark.parametrize("times", [10, pytest.param(300, marks=pytest.mark.long)])
def test_a_configuration_with_a_changed_byte_never_ends_in_a_traceback(times, train, resume, tmp_path):
    run, moments = tmp_path / "run", random.Random(3)
    assert train(run, steps=2).end().code == 0
    whole = (run / "config.json").read_bytes()
    for _ in range(times):
        changed = bytearray(whole)
        at, new = moments.randrange(len(whole)), moments.choice(b'09-."{}[],:aZ \xff\x00')
        changed[at] = new
        shutil.copytree(run, tmp_path / "copy")
        (tmp_path / "copy" / "config.json").write_bytes(changed)
        command = resume(tmp_path / "copy", steps=3).end()
        assert command.code in (0, 1, 2), (at, new)
        assert "Traceback" not in command.stderr, (at, new, command.stderr)
        shutil.rmtree(tmp_path / "copy")
