"""The configuration: layers, origins, files, and what is said of a value that does not fit."""

import json
import string
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field
from small_networks import NEVER_BUILT

from ganzoo import Architecture, ConfigError, Dataset, Loss, Options, Recipe, Regularizer, UnknownName, hookimpl
from ganzoo.config import (
    Layer,
    OptimizerConfig,
    TrainConfig,
    flatten,
    full_options,
    read_settings,
    resolve,
    with_budget,
)
from ganzoo.runs.folder import DataFacts, RunFolder

PLACES = ("loss ns", "architecture net", "recipe cooked", "file", "command line")  # weakest first


class NetOptions(Options):
    width: int = Field(8, ge=1, le=512)
    norm: Literal["batch", "none"] = "batch"
    hidden: tuple[Annotated[int, Field(ge=1)], ...] = (4,)


class PenaltyOptions(Options):
    weight: float = Field(10.0, ge=0)
    interval: int = Field(1, ge=1)


class Toys:
    """Names to configure; nothing is ever built."""

    @hookimpl
    def register_architectures(self, register):
        register(Architecture(name="net", **NEVER_BUILT, options=NetOptions, defaults={"z_dim": 2}))
        register(Architecture(name="bare", **NEVER_BUILT, conditional=True))

    @hookimpl
    def register_losses(self, register):
        settings = {"n_critic": 5, "arch.norm": "none", "regularizers.penalty.weight": 3.0, "z_dim": 1}
        register(Loss(name="w", build=NotImplemented, defaults=settings))
        register(Loss(name="ns", build=NotImplemented))
        register(Loss(name="picky", build=NotImplemented, defaults={"arch.norm": "spectral"}))

    @hookimpl
    def register_regularizers(self, register):
        register(Regularizer(name="penalty", build=NotImplemented, options=PenaltyOptions))
        register(Regularizer(name="other", build=NotImplemented))

    @hookimpl
    def register_datasets(self, register):
        register(Dataset(name="digits", load=NotImplemented))
        register(Dataset(name="folder", load=NotImplemented, takes_path=True))

    @hookimpl
    def register_recipes(self, register):
        register(Recipe(name="cooked", architecture="net", loss="w", settings={"z_dim": 3, "steps": 7}))


@pytest.fixture
def toys(zoo):
    return zoo(Toys())


@pytest.fixture
def configure(toys):
    """``configure("net-w", {...}, {...})``: resolved, with these layers as the file and the command line."""

    def run(name, *layers):
        origins = ["file", "command line"][-len(layers) :] if layers else []
        return resolve(name, toys, [Layer(*pair) for pair in zip(origins, layers, strict=True)])

    return run


# Layers


@pytest.mark.parametrize("strongest", range(len(PLACES)))
def test_the_strongest_layer_that_speaks_is_heard(zoo, strongest):
    said = {place: {"batch_size": 10 + i} for i, place in enumerate(PLACES) if i <= strongest}

    class Layered:
        @hookimpl
        def register_architectures(self, register):
            register(Architecture(name="net", **NEVER_BUILT, defaults=said.get("architecture net", {})))

        @hookimpl
        def register_losses(self, register):
            register(Loss(name="ns", build=NotImplemented, defaults=said.get("loss ns", {})))

        @hookimpl
        def register_datasets(self, register):
            register(Dataset(name="digits", load=NotImplemented))

        @hookimpl
        def register_recipes(self, register):
            settings = said.get("recipe cooked", {})
            register(Recipe(name="cooked", architecture="net", loss="ns", settings=settings))

    layers = [Layer(place, said[place]) for place in ("file", "command line") if place in said]
    resolved = resolve("cooked", zoo(Layered()), layers)
    assert resolved.config.batch_size == 10 + strongest
    assert resolved.origins["batch_size"] == PLACES[strongest]


def test_a_value_that_nobody_set_is_the_schemas_own(configure):
    resolved = configure("bare-ns")
    assert resolved.config.batch_size == 64
    assert "batch_size" not in resolved.origins
    assert ("batch_size", "64", "default") in resolved.rows()


def test_every_row_says_where_its_value_comes_from(configure):
    rows = {key: (value, origin) for key, value, origin in configure("cooked", {"seed": 4}, {"arch.width": 16}).rows()}
    assert rows["recipe"] == ("cooked", "recipe")
    assert rows["n_critic"] == ("5", "loss w")
    assert rows["z_dim"] == ("3", "recipe cooked")
    assert rows["seed"] == ("4", "file")
    assert rows["arch.width"] == ("16", "command line")
    assert rows["arch.norm"] == ("none", "loss w")
    assert rows["regularizers.penalty.weight"] == ("3.0", "loss w")
    assert rows["regularizers.penalty.interval"] == ("1", "default")
    assert rows["optimizer_g.lr"] == ("0.0002", "default")
    assert rows["data_dir"] == ("-", "default")


def test_dotted_keys_and_tables_are_one_language(configure):
    dotted = configure("net-ns", {"optimizer_d.lr": 0.5, "optimizer_d.kind": "sgd", "arch.width": 9})
    nested = configure("net-ns", {"optimizer_d": {"lr": 0.5, "kind": "sgd"}, "arch": {"width": 9}})
    assert dotted == nested
    assert dotted.config.optimizer_d == OptimizerConfig(kind="sgd", lr=0.5)
    assert dotted.config.optimizer_g == OptimizerConfig()


def test_architecture_defaults_of_a_loss_apply_where_there_is_such_an_option(configure):
    assert configure("net-w").config.arch["norm"] == "none"
    assert configure("bare-w").config.arch == {}
    assert configure("net-picky").config.arch["norm"] == "batch"  # a value that it cannot have is none of its faults


def test_options_are_filled_in_with_their_defaults(configure):
    config = configure("net-w", {"regularizers.other": {}}).config
    assert config.arch == {"width": 8, "norm": "none", "hidden": [4]}
    assert config.regularizers == {"penalty": {"weight": 3.0, "interval": 1}, "other": {}}


@pytest.mark.parametrize(
    ("layer", "left"),
    [
        ({"regularizers": None}, {}),
        ({"regularizers.penalty": None}, {}),
        ({"regularizers.penalty.weight": None}, {"penalty": {"weight": 10.0, "interval": 1}}),
        ({"regularizers": None, "regularizers.other": {}}, {"other": {}}),
        ({"regularizers.other.never_set": None}, {"penalty": {"weight": 3.0, "interval": 1}}),
        ({"regularizers": {}}, {"penalty": {"weight": 3.0, "interval": 1}}),
    ],
)
def test_null_takes_away_what_a_weaker_layer_put_into_a_table(configure, layer, left):
    assert configure("net-w", layer).config.regularizers == left


def test_what_is_asked_for_by_its_name_alone_brings_its_options_along(configure):
    rows = configure("net-ns", {"regularizers.penalty": {}}).rows()
    assert ("regularizers.penalty.weight", "10.0", "command line") in rows


def test_an_emptied_table_says_who_emptied_it(configure):
    assert ("regularizers", "{}", "command line") in configure("net-w", {"regularizers": None}).rows()


def test_null_in_an_architectures_options_is_its_own_default_again(configure):
    assert configure("net-w", {"arch.norm": None}).config.arch["norm"] == "batch"


def test_null_elsewhere_is_a_value(configure):
    assert configure("net-ns", {"critic_boost.first": 3}, {"critic_boost": None}).config.critic_boost is None
    again = configure("net-ns", {"critic_boost": None}, {"critic_boost.first": 3}).config.critic_boost
    assert (again.first, again.every) == (3, 500)


@pytest.mark.parametrize(
    ("layers", "budget"),
    [
        ([], (300.0, 7)),
        ([{"kimg": 5}], (5.0, None)),
        ([{"kimg": 5}, {"steps": 9}], (5.0, 9)),
        ([{"steps": 9}, {"kimg": 5}], (5.0, None)),
        ([{"steps": 9, "kimg": 5}], (5.0, 9)),
    ],
)
def test_the_strongest_layer_with_a_budget_sets_it(configure, layers, budget):
    config = configure("cooked", *layers).config
    assert (config.kimg, config.steps) == budget


KEYS = st.text(string.ascii_lowercase, min_size=1, max_size=3)
TREES = st.recursive(st.integers() | st.just({}), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3))


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_flattening_keeps_every_value_at_its_place(tree):
    flat = flatten(tree)
    assert not any(isinstance(value, dict) and value for value in flat.values())
    for key, value in flat.items():
        node = tree
        for part in key.split("."):
            node = node[part]
        assert node == value


@given(
    st.lists(st.dictionaries(st.sampled_from(["seed", "z_dim", "n_critic", "keep_checkpoints"]), st.integers(1, 99)))
)
def test_the_last_word_on_each_key_holds_and_is_remembered(registry, said):
    layers = [Layer(str(index), values) for index, values in enumerate(said)]
    resolved = resolve("mlp-ns", registry, layers)
    for key in {key for values in said for key in values}:
        last = max(index for index, values in enumerate(said) if key in values)
        assert getattr(resolved.config, key) == said[last][key]
        assert resolved.origins[key] == str(last)


# What does not fit


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("batch_size", 1, "batch_size: Input should be greater than or equal to 2; got 1 (from command line)."),
        (
            "batch_size",
            2.5,
            "batch_size: Input should be a valid integer, got a number with a fractional part; got 2.5",
        ),
        ("batch_size", "many", "batch_size: Input should be a valid integer, unable to parse"),
        ("z_dim", 10**400, "z_dim: Input should be less than or equal to 65536"),
        ("resolution", 3, "resolution: expected sides of 4 to 4096 pixels; got 3"),
        ("resolution", "64x4097", "resolution: expected sides of 4 to 4096 pixels; got '64x4097'"),
        ("resolution", "64by32", "resolution: expected pixels as 64, or height x width as 64x32; got '64by32'"),
        ("resolution", True, "resolution: expected pixels as 64, or height x width as 64x32; got True"),
        ("channels", 2, "channels: Input should be 1, 3 or 4; got 2"),
        ("seed", -1, "seed: Input should be greater than or equal to 0"),
        ("seed", 2**53, "seed: Input should be less than 4294967296"),
        ("kimg", 0, "kimg: Input should be greater than 0"),
        ("kimg", float("nan"), "kimg: Input should be a finite number; got nan"),
        ("kimg", float("inf"), "kimg: Input should be a finite number; got inf"),
        ("optimizer_g.lr", float("-inf"), "optimizer_g.lr: Input should be a finite number; got -inf"),
        ("optimizer_g.betas", [0.5, 1.0], "optimizer_g.betas.1: Input should be less than 1; got 1.0"),
        ("optimizer_d", 5, "optimizer_d: Input should be a valid dictionary"),
        ("sample_every", 1e-320, "sample_every: Input should be greater than or equal to 0.001"),
        ("precision", "bf15", "precision: Input should be 'auto', 'fp32', 'tf32' or 'bf16'; got 'bf15'"),
        ("precision", "半精度", "got '半精度'"),
        ("conditional", "perhaps", "conditional: Input should be a valid boolean"),
        ("critic_boost.every", 0, "critic_boost.every: Input should be greater than or equal to 1"),
        ("arch", 5, "arch: Input should be a valid dictionary; got 5"),
        ("arch.width", 0, "arch.width: Input should be greater than or equal to 1; got 0 (from command line)."),
        ("arch.width", float("nan"), "arch.width: Input should be a finite number"),
        ("arch.norm", "layer", "arch.norm: Input should be 'batch' or 'none'; got 'layer'"),
        ("arch.hidden", [4, 0], "arch.hidden.1: Input should be greater than or equal to 1"),
        ("arch.hidden", "many", "arch.hidden: Input should be a valid tuple"),
        ("regularizers.penalty.weight", -1, "regularizers.penalty.weight: Input should be greater than or equal to 0"),
        ("regularizers.penalty", 5, "regularizers.penalty: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(configure, key, value, said):
    with pytest.raises(ConfigError) as caught:
        configure("net-ns", {key: value})
    assert said in str(caught.value)
    assert str(caught.value).splitlines()[-1] == "See every value and where it comes from with '--dry-run'."
    assert caught.value.exit_code == 2


def test_every_wrong_field_has_a_line_of_its_own(configure):
    with pytest.raises(ConfigError) as caught:
        configure("net-ns", {"batch_size": 0, "z_dim": 0}, {"optimizer_d.lr": 0, "nope": 1})
    lines = str(caught.value).splitlines()
    assert len(lines) == 5
    assert {line.partition(":")[0] for line in lines[:4]} == {"batch_size", "z_dim", "optimizer_d.lr", "nope"}
    assert next(line for line in lines if line.startswith("batch_size")).endswith("(from file).")
    assert next(line for line in lines if line.startswith("optimizer_d.lr")).endswith("(from command line).")


@pytest.mark.parametrize(
    ("key", "known"),
    [
        ("batchsize", ", ".join(sorted(TrainConfig.model_fields))),
        ("größe", ", ".join(sorted(TrainConfig.model_fields))),
        ("optimizer_g.beta", ", ".join(sorted(OptimizerConfig.model_fields))),
        ("critic_boost.steps", "every, first, n_critic"),
        ("arch.widht", "hidden, norm, width"),
        ("loss_options.margin", "none"),
        ("regularizers.penalty.lambda", "interval, weight"),
        ("regularizers.other.x", "none"),
    ],
)
def test_an_unknown_option_names_the_known_ones_at_its_depth(configure, key, known):
    with pytest.raises(ConfigError) as caught:
        configure("net-ns", {key: 1})
    assert (
        str(caught.value).splitlines()[0] == f"{key}: there is no such option (from command line). Known here: {known}."
    )


def test_an_unknown_option_within_a_list_is_found_too():
    class Stage(Options):
        width: int = 1

    class Stages(Options):
        stages: tuple[Stage, ...] = ()
        by_name: dict[str, Stage] = Field({})

    with pytest.raises(ConfigError, match=r"arch\.stages\.0\.depth: there is no such option"):
        full_options(Stages, {"stages": [{"depth": 1}]}, "arch", {})
    with pytest.raises(ConfigError, match=r"arch\.by_name\.a\.depth: there is no such option"):
        full_options(Stages, {"by_name": {"a": {"depth": 1}}}, "arch", {})


@pytest.mark.parametrize("key", ["loss", "architecture", "recipe", "loss.name"])
@pytest.mark.parametrize("name", ["net-ns", "cooked"])
def test_what_is_asked_for_by_name_cannot_be_swapped_beneath_it(configure, name, key):
    with pytest.raises(ConfigError, match=rf"^{key}: is no setting but part of .* \(from command line\)"):
        configure(name, {key: "w"})


@pytest.mark.parametrize(
    ("name", "layer", "said"),
    [
        ("nett-w", {}, "Unknown architecture 'nett'. Did you mean 'net'?\nInstalled: bare, net."),
        ("net-ww", {}, "Unknown loss 'ww'. Did you mean 'w'?\nInstalled: ns, picky, w."),
        ("coocked", {}, "Unknown recipe 'coocked'. Did you mean 'cooked'?"),
        ("net-ns", {"regularizers.penalti.weight": 1}, "Unknown regularizer 'penalti'. Did you mean 'penalty'?"),
        ("net-ns", {"augmentations.flip": {}}, "Unknown augmentation 'flip'.\nInstalled: none."),
        ("net-ns", {"dataset": "digit"}, "Unknown data set 'digit'. Did you mean 'digits'?"),
        ("net-ns", {"dataset": "foldr:photos"}, "Unknown data set 'foldr'. Did you mean 'folder'?"),
    ],
)
def test_unknown_names_come_with_the_nearest_and_all_known_ones(configure, name, layer, said):
    with pytest.raises(UnknownName) as caught:
        configure(name, layer)
    assert str(caught.value).startswith(said)
    assert "See them with 'ganzoo list " in str(caught.value)
    assert caught.value.exit_code == 1


def test_a_recipe_of_parts_that_are_not_installed_names_what_is_missing(zoo):
    class Orphan:
        @hookimpl
        def register_recipes(self, register):
            register(Recipe(name="orphan", architecture="dcgan", loss="ns"))

    with pytest.raises(UnknownName, match="Unknown architecture 'dcgan'"):
        resolve("orphan", zoo(Orphan()), [])


def test_an_architecture_without_classes_names_those_with(configure):
    assert configure("bare-ns", {"conditional": True}).config.conditional
    with pytest.raises(ConfigError, match=r"(?s)'net' knows no classes.*one of: bare; or leave out '--conditional'"):
        configure("net-ns", {"conditional": True})


@pytest.mark.parametrize("budget", [{"kimg": -1}, {"kimg": 0}, {"kimg": float("nan")}, {"steps": 0}, {"steps": -5}])
def test_a_budget_that_never_ends_is_refused(configure, budget):
    with pytest.raises(ConfigError, match=f"^{next(iter(budget))}: "):
        with_budget(configure("net-ns"), **{"kimg": None, "steps": None} | budget)


def test_a_new_budget_takes_the_place_of_the_old_one_and_says_so(configure):
    before = configure("net-ns", {"steps": 7})
    assert with_budget(before, kimg=None, steps=None).config == before.config
    by_kimg = with_budget(before, kimg=0.5, steps=None)
    assert (by_kimg.config.kimg, by_kimg.config.steps) == (0.5, None)
    assert by_kimg.origins["kimg"] == "resume"
    assert with_budget(before, kimg=None, steps=9).config.steps == 9


def settings_file(folder, name, text, encoding="utf-8"):
    path = folder / name
    path.write_text(text, encoding=encoding)
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.toml", 'batch_size = 8\ndataset = "folder:größe"\n[optimizer_d]\nlr = 1e-3\n[arch]\nhidden = [1, 2]\n'),
        ("a.TOML", 'batch_size = 8\ndataset = "folder:größe"\noptimizer_d.lr = 1e-3\narch.hidden = [1, 2]\n'),
        ("a.json", '{"batch_size": 8, "dataset": "folder:größe", "optimizer_d.lr": 0.001, "arch": {"hidden": [1, 2]}}'),
    ],
)
def test_toml_and_json_say_the_same(configure, tmp_path, name, text):
    config = configure("net-ns", read_settings(settings_file(tmp_path, name, text))).config
    assert (config.batch_size, config.dataset, config.optimizer_d.lr) == (8, "folder:größe", 1e-3)
    assert config.arch["hidden"] == [1, 2]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cut.json", '{"batch_size": 8'),
        ("cut.toml", "batch_size ="),
        ("empty.json", ""),
        ("twice.toml", "seed = 1\nseed = 2"),
        ("toml.json", "batch_size = 8"),
        ("deep.json", "[" * 100_000),
    ],
)
def test_a_damaged_file_is_named_with_what_was_expected(tmp_path, name, text):
    with pytest.raises(ConfigError) as caught:
        read_settings(settings_file(tmp_path, name, text))
    assert str(caught.value).startswith(f"{tmp_path / name} cannot be read: ")
    assert str(caught.value).endswith("Expected settings as TOML (.toml) or JSON (.json).")


def test_a_file_in_another_encoding_is_damaged(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: 'utf-8' codec"):
        read_settings(settings_file(tmp_path, "a.toml", 'dataset = "folder:größe"', encoding="latin-1"))


@pytest.mark.parametrize("text", ["5", "[1, 2]", "null", '"batch_size"'])
def test_a_file_without_a_table_is_refused(tmp_path, text):
    with pytest.raises(ConfigError, match="holds no table of settings; expected for example 'batch_size = 32'"):
        read_settings(settings_file(tmp_path, "a.json", text))


def test_an_empty_toml_file_changes_nothing(configure, tmp_path):
    assert configure("net-w", read_settings(settings_file(tmp_path, "a.toml", ""))) == configure("net-w")


@pytest.mark.parametrize(
    "layer",
    [
        {},
        {"regularizers": None},
        {"regularizers": None, "regularizers.other": {}},
        {"arch.hidden": [7, 8], "optimizer_d.betas": [0.1, 0.2], "seed": 2**32 - 1},
        {"kimg": 5},
        {"critic_boost.first": 3, "data_dir": "somewhere", "dataset": "folder:größe"},
    ],
)
@pytest.mark.parametrize("name", ["cooked", "net-w"])
def test_a_runs_own_config_gives_the_same_run_again(configure, tmp_path, name, layer):
    first = configure(name, layer)
    run = RunFolder(tmp_path / "run")
    facts = DataFacts(images=1, channels=1, height=8, width=8, class_names=(), class_counts=(), licence="", sha256="0")
    run.create(first, facts)
    again = configure(name, read_settings(run.config_file))
    assert again.config == first.config
    assert set(again.origins.values()) <= {
        "command line",
        "name",
        "recipe",
        f"loss {first.config.loss}",
        "recipe cooked",
    }


def test_a_runs_own_config_can_be_played_with_another_loss(configure, tmp_path):
    document = {"format": 1, "config": configure("net-w", {"batch_size": 9}).config.model_dump(mode="json")}
    path = settings_file(tmp_path, "config.json", json.dumps(document))
    config = configure("net-ns", read_settings(path)).config
    assert (config.loss, config.recipe, config.batch_size) == ("ns", "net-ns", 9)


def test_a_runs_config_with_a_table_that_is_none_is_refused_by_name(configure, tmp_path):
    path = settings_file(tmp_path, "config.json", '{"format": 1, "config": {"regularizers": 5}}')
    with pytest.raises(ConfigError, match="regularizers: Input should be a valid dictionary; got 5"):
        configure("net-w", read_settings(path))
