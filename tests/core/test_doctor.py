"""``ganzoo doctor``: the nearest images, copies, classes left out, and what is printed."""

import json
import shutil

import numpy as np
import pytest
import torch

from ganzoo.config import Layer, TrainConfig, resolve
from ganzoo.doctor import examination
from ganzoo.doctor.classes import missing_classes
from ganzoo.doctor.copies import COPIES, copies, memorisation
from ganzoo.doctor.examination import LOOKS, doctor, look
from ganzoo.doctor.near import Near, nearest
from ganzoo.errors import RunError
from ganzoo.progress import Stages
from ganzoo.registry import get_registry
from ganzoo.runs.folder import RunFolder
from ganzoo.specs import ImageData
from ganzoo.training import start

CONFIG = TrainConfig(recipe="mlp-ns", architecture="mlp", loss="ns", resolution=8)
TINY = {"batch_size": 32, "z_dim": 4, "resolution": 8, "arch.hidden_g": [16], "arch.hidden_d": [16]}
CHECKS = [
    "divergence", "mode collapse", "vanishing gradient", "saturation", "discriminator overfitting", "oscillation",
    "slow convergence", "memorisation", "missing classes",
]  # fmt: skip


def noise(count, seed=0, shape=(4, 4, 3)):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def by_brute_force(image, among):
    apart = [np.linalg.norm((image.astype(float) - other) / 127.5) for other in among]
    return sorted(zip(apart, range(len(among)), strict=True))[:2]


@pytest.mark.parametrize("block", [1, 7, 50])
def test_the_two_nearest_are_those_of_brute_force(block):
    images, among, seen = noise(9), noise(50, seed=1), []
    found = nearest(images, among, block=block, advance=seen.append)
    for distances, places, image in zip(found.distances, found.places, images, strict=True):
        expected = by_brute_force(image, among)
        assert places.tolist() == [place for _, place in expected]
        assert distances.tolist() == pytest.approx([apart for apart, _ in expected], rel=1e-4)
    assert sum(seen) == 50


def test_some_of_the_others_can_be_looked_at_and_an_image_itself_left_out():
    among, some = noise(30), np.array([3, 8, 20, 29])
    found = nearest(among[some], among, places=some, but=some, block=3)
    for place, places in zip(some, found.places, strict=True):
        assert sorted([place, *places.tolist()]) != some.tolist()  # of four, two are found
        assert place not in places
        assert set(places.tolist()) <= set(some.tolist())
    itself = nearest(among[some], among)
    assert itself.places[:, 0].tolist() == some.tolist()
    assert itself.distances[:, 0].tolist() == [0] * 4  # exactly, which a quick cdist does not give


def near(first, second, places=None):
    distances = torch.stack([torch.tensor(first), torch.tensor(second)], 1)
    return Near(distances, torch.zeros(len(first), 2, dtype=torch.int64) if places is None else places)


def test_a_copy_is_three_times_as_near_to_one_image_as_to_any_other():
    assert copies(near([0.0, 0.9, 1.1, 3.0], [3.0, 3.0, 3.0, 3.0])) == 0.5
    assert copies(near([0.0], [0.0])) == 0  # the same image twice in the data


@pytest.mark.parametrize(
    ("share", "usual", "found"), [(0.0, 0.0, False), (COPIES, 0.0, False), (0.06, 0.0, True), (0.5, 0.5, False)]
)
def test_copies_count_beside_those_that_unseen_images_would_be(share, usual, found):
    def of(share):
        return near([0.1] * round(100 * share) + [1.0] * round(100 - 100 * share), [1.0] * 100)

    check = memorisation(of(share), of(usual), CONFIG)
    assert check.found is found
    assert check.number == pytest.approx(share)
    assert ("by heart" in check.sentence) is found
    assert check.advice == "--augment diffaugment"


def of_classes(*counts):
    """The nearest training images of generated ones that are taken for so many of each class: training image k is of class k."""
    places = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return near([1.0] * len(places), [2.0] * len(places), torch.stack([places, places], 1))


@pytest.fixture
def data():
    return ImageData(images=noise(4), labels=np.arange(4), class_names=("zero", "one", "two", "three"))


def test_classes_that_are_hardly_drawn_are_missing_and_named(data):
    check = missing_classes(of_classes(90, 9, 0, 101), of_classes(50, 50, 50, 50), data, CONFIG)
    assert check.found is True
    assert check.number == 0.75
    assert check.sentence == "3 of 4 classes are drawn; missing: two."
    assert missing_classes(of_classes(90, 4, 6, 100), of_classes(50, 50, 50, 50), data, CONFIG).number == 0.75
    assert missing_classes(of_classes(50, 50, 50, 50), of_classes(50, 50, 50, 50), data, CONFIG).found is False


def test_classes_that_pixels_cannot_tell_are_not_missed(data):
    """Unseen images of class 2 are nearest to those of other classes as well: nothing can be said of it."""
    check = missing_classes(of_classes(66, 66, 0, 68), of_classes(66, 66, 2, 66), data, CONFIG)
    assert check.found is False
    assert check.sentence == "3 of 3 classes are drawn."


def test_few_images_and_no_classes_are_reasons_to_say_nothing(data):
    few = missing_classes(of_classes(1, 1, 1, 1), of_classes(1, 1, 1, 1), data, CONFIG)
    none = missing_classes(of_classes(1, 1), of_classes(1, 1), ImageData(images=noise(4)), CONFIG)
    assert (few.found, none.found) == (None, None)
    assert "too few for 4 classes" in few.sentence
    assert "no classes" in none.sentence


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run of a few steps."""
    folder = tmp_path_factory.mktemp("doctor") / "a run"
    settings = TINY | {"kimg": 0.5, "diagnose_every": 0.1, "conditional": True}
    start(resolve("mlp-ns", get_registry(), [Layer("test", settings)]), get_registry(), folder)
    return RunFolder(folder)


@pytest.fixture
def draws(monkeypatch):
    """``draws(images)``: what the newest checkpoint is said to draw, without an export."""

    def say(images):
        monkeypatch.setattr(examination, "_drawn", lambda *_: images)

    return say


def test_a_look_draws_from_the_newest_checkpoint(trained):
    copied, lost = look(trained, trained.read_config()[0].config, get_registry(), Stages(quiet=True))
    assert (copied.name, lost.name) == LOOKS
    assert copied.found is False
    assert 0 <= copied.number < 0.05
    assert "of 10 classes are drawn" in lost.sentence


def test_a_generator_that_draws_training_images_of_one_class_is_seen_through(trained, draws, registry):
    from ganzoo.data.load import load_dataset

    own = load_dataset("digits", registry, resolution=8)
    draws(own.images[own.labels == 3])
    copied, lost = look(trained, CONFIG.model_copy(update={"dataset": "digits"}), registry, Stages(quiet=True))
    assert copied.found is True
    assert copied.number > 0.9
    assert lost.number == pytest.approx(0.1)
    unseen = load_dataset("digits", registry, resolution=8, split="test")
    draws(unseen.images)
    assert [check.found for check in look(trained, CONFIG, registry, Stages(quiet=True))] == [False, False]


def test_without_a_test_split_training_images_are_compared_with_the_others(trained, draws, registry, tmp_path):
    np.savez(tmp_path / "data.npz", images=noise(40, shape=(8, 8)))
    draws(noise(20, seed=1, shape=(8, 8, 1)))
    config = CONFIG.model_copy(update={"dataset": f"npz:{tmp_path / 'data.npz'}"})
    copied, lost = look(trained, config, registry, Stages(quiet=True))
    assert copied.found is False
    assert "of unseen ones 0.0%" in copied.sentence
    assert lost.found is None


def test_the_command_prints_every_check_and_writes_json(trained, ganzoo, draws, tmp_path):
    draws(noise(20, shape=(8, 8, 1)))
    result = ganzoo("doctor", trained.path, "--json", tmp_path / "findings.json")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == str(trained.path)
    for name, line in zip(CHECKS, lines[1:], strict=False):
        assert line.startswith(f"{name} ")
    told = json.loads((tmp_path / "findings.json").read_text())
    assert told["run"] == str(trained.path)
    assert [check["name"] for check in told["checks"]] == CHECKS
    for check in told["checks"]:
        if check["found"]:
            assert check["command"] in result.stdout
            assert check["source"] in result.stdout
            assert check["number"] is not None


def test_what_is_found_comes_with_number_threshold_source_and_command(trained, ganzoo, tmp_path):
    run = RunFolder(tmp_path / "ill")
    shutil.copytree(trained.path, run.path)
    shutil.rmtree(run.checkpoints)
    record = {"nimg": 500, "g_steps": 15, "g_slope": 0.001, "g_gradient": 1.0, "told_apart": 1.0, "own_logits": 2.0}
    run.stats_file.write_text("".join(json.dumps(record) + "\n" for _ in range(3)))
    result = ganzoo("doctor", run.path)
    assert result.exit_code == 0
    assert "Number: 0.001, slope of the generator's loss by the discriminator's output\n" in result.stdout
    assert "Wrong is: below 0.02\n" in result.stdout
    assert "Source: Goodfellow et al. 2014" in result.stdout
    assert f"Try: ganzoo train mlp-ns --config {run.path}/config.json --regularizer r1:gamma=1" in result.stdout
    assert "memorisation               -      not measured: there is no checkpoint yet." in result.stdout


def test_a_healthy_log_is_called_so(trained, ganzoo, draws, tmp_path):
    run = RunFolder(tmp_path / "well")
    shutil.copytree(trained.path, run.path)
    run.stats_file.write_text(json.dumps({"nimg": 500, "g_steps": 15, "own_logits": 0.0}) + "\n")
    draws(noise(20, shape=(8, 8, 1)))
    shutil.rmtree(run.checkpoints)
    assert ganzoo("doctor", run.path).stdout.endswith("Nothing found.\n")


def test_without_a_run_or_a_log_it_says_so(trained, ganzoo, tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        result = ganzoo("doctor", path)
        assert result.exit_code == 1
        assert "is not a run folder" in result.stderr
    run = RunFolder(tmp_path / "young")
    shutil.copytree(trained.path, run.path)
    run.stats_file.unlink()
    with pytest.raises(RunError, match="logged nothing yet"):
        doctor(run, get_registry(), Stages(quiet=True))
    assert ganzoo("doctor").exit_code == 1  # no newest run here


def test_data_that_are_gone_leave_what_the_log_tells(trained, tmp_path):
    run = RunFolder(tmp_path / "moved")
    shutil.copytree(trained.path, run.path)
    document = json.loads(run.config_file.read_text())
    document["config"]["dataset"] = f"npz:{tmp_path / 'gone.npz'}"
    run.config_file.write_text(json.dumps(document))
    checks = doctor(run, get_registry(), Stages(quiet=True))
    assert [check.name for check in checks] == CHECKS
    assert all("There is no file" in check.sentence for check in checks[-2:])
