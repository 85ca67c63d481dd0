"""Every advice is a command that runs."""

import shlex

import pytest

from ganzoo.config import Layer, TrainConfig, resolve
from ganzoo.data.load import load_dataset
from ganzoo.diagnosis import Check, advice
from ganzoo.registry import get_registry
from ganzoo.runs.folder import DataFacts, RunFolder
from ganzoo.training import prepare
from ganzoo.training.engine import Engine

SMALL = {
    "dcgan": {"arch.width_g": 4, "arch.width_d": 4, "resolution": 16},
    "mlp": {"arch.hidden_g": [8], "arch.hidden_d": [8], "resolution": 8},
    "maxout": {"arch.hidden_g": [8], "arch.hidden_d": [8], "resolution": 8},
    "toy": {"arch.width": 8},
}
RUNS = [
    ("dcgan-ns", {}),  # batch norm in D
    ("dcgan-ns", {"conditional": True, "z_dim": 16, "arch.embedding_dim": 8}),
    ("quick", {"precision": "fp32"}),
    ("dcgan-hinge", {}),
    ("mlp-wgan", {}),
    ("mlp-lsgan", {"conditional": True}),
    ("mlp-wgangp", {"steps": 7}),
    ("mlp-mm", {"regularizers.packing": {}}),
    ("maxout-ns", {"regularizers.minibatch-deviation": {}, "augmentations.diffaugment": {}}),
    ("toy-ns", {}),
    ("toy-rpgan", {"regularizers.r1": {}, "regularizers.r2": {}, "conditional": True}),
]
ADVICE = {
    "calmer": advice.calmer_discriminator,
    "slower": advice.slower_generator,
    "slower players": lambda config: advice.slower_players(config, 10),
    "better": advice.better_discriminator,
    "kinds": advice.more_kinds,
    "data": advice.more_data,
}


@pytest.fixture
def run(tmp_path):
    """``run(name, settings)``: a run's folder as its beginning leaves it."""

    def begin(name, settings):
        registry = get_registry()
        architecture = resolve(name, registry, []).config.architecture
        layer = Layer("test", {"batch_size": 8, "z_dim": 8} | SMALL[architecture] | settings)
        resolved, _ = prepare(resolve(name, registry, [layer]), registry)
        folder = RunFolder(tmp_path / "a run")
        data = load_dataset(resolved.config.dataset, registry, resolution=resolved.config.resolution)
        folder.write_config(resolved, DataFacts.of(data))
        return folder

    return begin


@pytest.fixture
def type_in(ganzoo, monkeypatch):
    """``type_in(command)``: play a step of each player of what that command would train, and give its configuration."""
    played = []

    def play(resolved):
        _, s = prepare(resolved, get_registry())
        engine = Engine(s)
        engine.d_step()
        engine.g_step()
        played.append(resolved.config)

    monkeypatch.setattr("ganzoo.commands.train._dry_run", play)

    def enter(command):
        program, *arguments = shlex.split(command)
        assert program == "ganzoo"
        result = ganzoo(*arguments, "--dry-run")
        assert result.exit_code == 0, result.stderr
        return played.pop()

    return enter


@pytest.mark.parametrize("kind", ADVICE)
@pytest.mark.parametrize(("name", "settings"), RUNS, ids=lambda value: value if isinstance(value, str) else "")
def test_advice_can_be_followed_and_changes_what_it_speaks_of_and_nothing_else(run, type_in, name, settings, kind):
    folder = run(name, settings)
    before = folder.read_config()[0].config
    given = ADVICE[kind](before)
    after = type_in(check(advice=given).command(name, str(folder.path)))
    changed = differences(before, after)
    assert changed
    for key in changed:
        assert key in given or (
            key in ("regularizers", "augmentations") and key[:-1].replace("augmentation", "augment") in given
        )


def test_the_game_against_a_flat_loss_is_played_with_the_settings_of_the_run(run, type_in):
    folder = run("mlp-mm", {"optimizer_g.lr": 0.123})
    after = type_in(check(recipe="mlp-ns").command("mlp-mm", str(folder.path)))
    before = folder.read_config()[0].config
    assert (after.recipe, after.loss) == ("mlp-ns", "ns")
    assert after.optimizer_g.lr == 0.123
    assert differences(before, after) == {"recipe", "loss"}


@pytest.mark.parametrize("kind", ["calmer", "kinds", "data"])
def test_followed_advice_is_not_given_again(run, type_in, kind):
    folder = run("dcgan-ns", {})
    told = []
    for _ in range(3):
        told.append(ADVICE[kind](folder.read_config()[0].config))
        config = type_in(check(advice=told[-1]).command("dcgan-ns", str(folder.path)))
        resolved, facts = folder.read_config()
        folder.write_config(type(resolved)(config, resolved.origins), facts)
    assert len(set(told)) == 3


def test_points_in_the_plane_have_no_colours_to_change():
    points = TrainConfig(recipe="toy-ns", architecture="toy", loss="ns", dataset="ring8")
    assert advice.more_data(points) == "--regularizer lecam"


@pytest.mark.parametrize(("budget", "options"), [({"kimg": 300.0}, "--kimg 600"), ({"steps": 40}, "--steps 80")])
def test_a_run_that_was_too_short_is_to_go_on_for_as_long_again(budget, options):
    config = TrainConfig(recipe="a", architecture="a", loss="a", **budget)
    assert advice.longer(config) == options
    told = check(advice=advice.longer(config), resume=True).command("a", "runs/my run")
    assert told == f"ganzoo train --resume 'runs/my run' {options}"


def test_without_advice_there_is_no_command():
    assert check().command("dcgan-ns", "runs/1") == ""


def check(**settings):
    return Check(name="made up", found=True, sentence="", **settings)


def differences(before, after):
    first, second = before.model_dump(), after.model_dump()
    return {key for key in first if first[key] != second[key]}
