"""Objectives compared: what they have alike, what is refused, and what becomes of what was begun."""

import click
import pytest
import torch

from ganzoo import Loss, Regularizer, get_registry, hookimpl
from ganzoo.bench.compare import Comparison, Entry, Plan
from ganzoo.errors import ConfigError, Diverged, GanzooError, RunError, UnknownName
from ganzoo.evaluation.watch import Watch
from ganzoo.progress import Stages
from ganzoo.runs.folder import DataFacts, RunFolder, checkpoints
from ganzoo.training import prepare

pytestmark = pytest.mark.usefixtures("quick_export")

MLP = {"resolution": 8, "batch_size": 10, "arch.hidden_g": [8], "arch.hidden_d": [8]}
DCGAN = {"batch_size": 4, "arch.width_g": 4, "arch.width_d": 4}
PLAN = Plan(
    entries=("mlp-ns", "mlp-lsgan"),
    dataset="digits",
    steps=2,
    seeds=(0, 1),
    at=(0, 1, 2),
    metrics=("gap",),
    samples=20,
    settings=MLP,
)


def plan(*entries, **fields):
    """A plan of one seed, looked at in the end."""
    return Plan.of(**{"entries": entries, "dataset": "digits", "steps": 4, "seeds": (0,), "at": ()} | fields)


@pytest.fixture
def configs(registry, tmp_path):
    """``configs("dcgan-ns", "dcgan-wgan")``: the configuration of each, by name, in the whole zoo."""

    def resolve(*entries, **fields):
        found = Comparison(tmp_path / "never", plan(*entries, **fields), registry).resolve_all()
        return {text: resolved[0].config for text, resolved in found.items()}

    return resolve


@pytest.fixture
def play(measures, tmp_path):
    """``play(plan)``: what came of each run of a comparison in one folder, scored by made-up measures."""

    def run(plan=PLAN):
        comparison = Comparison(tmp_path / "compare", plan, measures.registry)
        comparison.rehearse()
        comparison.open()
        run.runs = comparison.runs()
        return list(comparison.play(measures.stages, lambda: Watch(measures.registry)))

    run.folder = tmp_path / "compare"
    return run


def written(folder):
    return {path: path.stat().st_mtime_ns for path in folder.glob("*-[01]/**/*") if path.is_file()}


# What an entry is


@pytest.mark.parametrize(
    ("text", "name", "settings"),
    [
        ("dcgan-ns", "dcgan-ns", {}),
        ("dcgan-ns+packing", "dcgan-ns", {"regularizers.packing": {}}),
        (
            "toy-rpgan+r1:gamma=1e+2,interval=4+r2",
            "toy-rpgan",
            {
                "regularizers.r1": {},
                "regularizers.r1.gamma": 100.0,
                "regularizers.r1.interval": 4,
                "regularizers.r2": {},
            },
        ),
    ],
)
def test_an_entry_is_a_name_and_regularizers_laid_upon_it(text, name, settings):
    entry = Entry.read(text, get_registry())
    assert (entry.text, entry.name, entry.settings()) == (text, name, settings)


def test_an_option_that_is_none_is_a_misuse():
    with pytest.raises(click.BadParameter, match=r"'gamma' is no option; expected r1:OPTION=VALUE"):
        Entry.read("dcgan-ns+r1:gamma", get_registry())


def test_a_pair_stands_for_itself_also_where_a_tuned_recipe_has_its_name(configs, registry):
    tuned = registry.recipes.get("dcgan-wgangp").settings
    config = configs("dcgan-wgangp")["dcgan-wgangp"]
    assert (config.n_critic, config.arch["width_g"]) == (5, 64)
    assert (tuned["n_critic"], tuned["arch.width_g"]) == (1, 32)
    assert configs("quick")["quick"].arch["width_g"] == 32  # what is no pair is the recipe


def test_regularizers_of_an_entry_are_its_own(configs):
    both = configs("dcgan-ns", "dcgan-ns+r1:gamma=3")
    assert [list(config.regularizers) for config in both.values()] == [[], ["r1"]]
    assert both["dcgan-ns+r1:gamma=3"].regularizers["r1"]["gamma"] == 3.0


# What they have alike


def test_networks_latents_and_batches_are_alike_and_the_objective_is_each_one_s_own(configs):
    ns, wgangp = configs("dcgan-ns", "dcgan-wgangp").values()
    assert ns.arch == wgangp.arch
    assert ns.arch["norm_d"] == "none"  # a gradient penalty can have no batch norm, so the other has none either
    for key in ("z_dim", "z_distribution", "batch_size", "precision", "conditional", "ema_halflife_kimg", "seed"):
        assert getattr(ns, key) == getattr(wgangp, key)
    assert (ns.n_critic, wgangp.n_critic) == (1, 5)
    assert ns.optimizer_d.betas != wgangp.optimizer_d.betas
    assert (list(ns.regularizers), list(wgangp.regularizers)) == ([], ["gradient-penalty"])


def test_what_they_have_alike_is_of_the_first(configs):
    first = configs("gan2014", "maxout-lsgan")
    assert {(c.resolution, c.batch_size) for c in first.values()} == {((28, 28), 100)}
    second = configs("maxout-lsgan", "gan2014")
    assert {(c.resolution, c.batch_size) for c in second.values()} == {(None, 64)}


def test_what_the_user_sets_wins_for_all(configs):
    own = {"z_dim": 7, "batch_size": 12, "arch.norm_d": "layer", "n_critic": 2}
    for config in configs("dcgan-ns", "dcgan-wgangp", settings=own).values():
        assert (config.z_dim, config.batch_size, config.arch["norm_d"], config.n_critic) == (7, 12, "layer", 2)


def test_losses_that_ask_for_different_networks_are_refused_with_a_setting_that_helps(configs):
    with pytest.raises(
        ConfigError, match=r"hinge asks for arch\.norm_d=spectral and wgangp for arch\.norm_d=none"
    ) as e:
        configs("dcgan-hinge", "dcgan-wgangp")
    for value in ("spectral", "none"):
        assert f"'--set arch.norm_d={value}'" in str(e.value)
        both = configs("dcgan-hinge", "dcgan-wgangp", settings={"arch.norm_d": value})
        assert [config.arch["norm_d"] for config in both.values()] == [value, value]
    with pytest.raises(ConfigError):  # in either order
        configs("dcgan-wgangp", "dcgan-hinge")


@pytest.mark.parametrize(
    ("entries", "differs"),
    [
        (("dcgan-ns", "mlp-ns"), "the architecture is dcgan and mlp"),
        (("mlp-ns", "dcgan-wgangp"), "the architecture is mlp and dcgan"),
        (("dcgan-ns", "quick"), r"arch\.width_g is 64 and 32"),
    ],
)
def test_other_networks_are_refused_unless_they_are_asked_for(configs, entries, differs):
    with pytest.raises(ConfigError, match=f"{entries[0]} and {entries[1]} have different networks: {differs}") as e:
        configs(*entries)
    assert "'--own-networks'" in str(e.value)
    configs(*entries, own_networks=True)


def test_recipes_as_they_are_keep_their_batches_too(configs):
    ns, quick = configs("dcgan-ns", "quick", own_networks=True).values()
    assert (ns.batch_size, quick.batch_size) == (128, 32)
    assert (ns.z_dim, quick.z_dim) == (100, 64)


def test_all_see_the_same_images_in_the_same_order_and_begin_with_the_same_weights(registry, tmp_path):
    """Whatever the loss, its number of critic steps, and random numbers that a regularizer draws."""
    entries = ("mlp-ns", "mlp-wgangp", "mlp-ns+dragan")
    comparison = Comparison(tmp_path, plan(*entries, seeds=(3, 4), settings=MLP), registry)
    seen, weights = {}, {}
    for text, resolved in comparison.resolve_all().items():
        for seed, one in zip((3, 4), resolved, strict=True):
            state = prepare(one, registry)[1]
            batches = [state.data.images(state.data.take(state.config.batch_size)) for _ in range(6)]
            seen[text, seed] = torch.cat(batches)
            weights[text, seed] = torch.cat([p.flatten() for p in [*state.G.parameters(), *state.D.parameters()]])
    for found in (seen, weights):
        for text in entries[1:]:
            for seed in (3, 4):
                torch.testing.assert_close(found[text, seed], found[entries[0], seed], rtol=0, atol=0)
        assert not torch.equal(found[entries[0], 3], found[entries[0], 4])


# What is refused


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"steps": 0}, "steps: Input should be greater than or equal to 1"),
        ({"at": (0, 5)}, "at: Value error, 5 is beyond the budget of 4 updates"),
        ({"samples": 1}, "samples: Input should be greater than or equal to 2"),
        ({"settings": {"steps": 9}}, "steps is given by '--steps'"),
        ({"settings": {"kimg": 9}}, "kimg is given by '--steps'"),
        ({"settings": {"seed": 9}}, "seed is given by '--seeds'"),
    ],
)
def test_a_plan_that_cannot_be_is_answered_with_a_sentence(fields, said):
    with pytest.raises(ConfigError, match=said):
        plan("mlp-ns", **fields)


def test_moments_come_in_order_and_once():
    assert plan("mlp-ns", at=(4, 0, 1, 0)).at == (0, 1, 4)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"entries": ("mlp-nss",)}, UnknownName),
        ({"entries": ("mlp-ns+r11",)}, UnknownName),
        ({"dataset": "digit"}, UnknownName),
        ({"settings": {"n_critc": 3}}, ConfigError),
        ({"metrics": ("gab",)}, UnknownName),
        ({"metrics": ("light",)}, ConfigError),  # of which no value is better than another
        ({"features": "clasifier"}, UnknownName),
    ],
)
def test_what_cannot_be_trained_or_measured_is_refused_before_anything_is(play, change, error):
    with pytest.raises(error):
        play(PLAN.model_copy(update=change))
    assert not play.folder.exists()


def test_networks_that_a_penalty_cannot_have_are_refused_before_the_others_are_trained(registry, tmp_path):
    comparison = Comparison(tmp_path / "new", plan("dcgan-ns", "dcgan-ns+gradient-penalty", settings=DCGAN), registry)
    with pytest.raises(ConfigError, match="mixes the samples of a batch") as caught:
        comparison.rehearse()
    assert caught.value.__notes__ == ["It was dcgan-ns+gradient-penalty. Nothing was trained."]
    assert not (tmp_path / "new").exists()


# What becomes of it


def test_every_entry_is_trained_and_scored_for_every_seed_and_drawn_at_every_moment(play):
    assert play() == ["mlp-ns", "mlp-lsgan", "mlp-ns", "mlp-lsgan"]  # seed by seed: a stop leaves them alike far
    names = {"plan.json", "mlp-ns-0", "mlp-ns-1", "mlp-lsgan-0", "mlp-lsgan-1"}
    assert {path.name for path in play.folder.iterdir()} == names
    for text, runs in play.runs.items():
        for seed, run in enumerate(runs):
            config = run.read_config()[0].config
            assert (f"mlp-{config.loss}", config.seed, config.steps) == (text, seed, 2)
            assert [record["g_steps"] for record in run.stats() if "gap" in record] == [0, 1, 2]
            assert len(list(run.samples.iterdir())) == 3
    first = [
        (play.folder / name / "samples" / "kimg000000.000.png").read_bytes() for name in ("mlp-ns-0", "mlp-lsgan-0")
    ]
    assert first[0] == first[1]


def test_begun_again_it_does_nothing_twice(play):
    play()
    before = written(play.folder)
    assert play() == []
    assert written(play.folder) == before


def test_each_run_has_a_scorer_of_its_own(measures, tmp_path):
    """One keeps what it has said to itself: of two runs that score alike, the second would say nothing."""
    made = []

    def scorer():
        made.append(Watch(measures.registry))
        return made[-1]

    comparison = Comparison(tmp_path / "compare", PLAN, measures.registry)
    list(comparison.play(measures.stages, scorer))
    assert len(made) == 4


def test_a_stop_is_passed_on_and_the_same_plan_goes_on(play, monkeypatch):
    from ganzoo.training import start

    calls = []

    def stopped(resolved, registry, folder, **settings):
        calls.append(folder.name)
        outcome = start(resolved, registry, folder, **settings)
        return outcome if len(calls) < 2 else type(outcome)(folder, 0, 0.0, 0.0, signal=2)

    with monkeypatch.context() as patch:
        patch.setattr("ganzoo.training.start", stopped)
        assert play() == ["mlp-ns", 2]
    assert calls == ["mlp-ns-0", "mlp-lsgan-0"]
    before = written(play.folder)
    assert play() == ["mlp-ns", "mlp-lsgan"]  # of the second seed
    assert before.items() <= written(play.folder).items()  # what was there is as it was


def test_an_end_that_was_not_measured_is_measured_when_it_is_begun_again(play):
    """As after a kill between the last checkpoint and its score."""
    play(PLAN.model_copy(update={"seeds": (0,)}))
    (run, *_) = play.runs["mlp-ns"]
    before = run.stats()
    assert before[-1].keys() >= {"gap"}
    run.scores_at(before[-1]["nimg"] / 1000).unlink()
    lines = run.stats_file.read_text().splitlines(keepends=True)
    run.stats_file.write_text("".join(lines[:-1]))
    play(PLAN.model_copy(update={"seeds": (0,)}))
    assert run.stats() == before


def test_a_game_that_diverges_is_an_outcome_and_is_not_played_again(play, monkeypatch):
    from ganzoo.training import start

    calls = []

    def diverged(resolved, registry, folder, **settings):
        calls.append(folder.name)
        outcome = start(resolved, registry, folder, **settings)
        if folder.name == "mlp-ns-0":
            checkpoints(folder / "checkpoints")[0].unlink()  # that of the end, to which it did not come
            RunFolder(folder).log({"nimg": 20, "g_steps": 2, "diverged": "g_loss"})
            raise Diverged("The game diverged: g_loss became NaN.\nTry this.")
        return outcome

    monkeypatch.setattr("ganzoo.training.start", diverged)
    monkeypatch.setattr("ganzoo.training.resume", lambda *_, **__: pytest.fail("it would diverge again"))
    assert play() == ["mlp-ns", "mlp-lsgan", "mlp-ns", "mlp-lsgan"]
    assert play() == []
    assert calls == ["mlp-ns-0", "mlp-lsgan-0", "mlp-ns-1", "mlp-lsgan-1"]


def test_an_error_says_in_which_run_it_came_up(play, monkeypatch):
    def refused(*args, **settings):
        raise RunError("The disk is full.")

    monkeypatch.setattr("ganzoo.training.start", refused)
    with pytest.raises(RunError) as caught:
        play()
    assert caught.value.__notes__ == [f"It was mlp-ns, seed 0, in {play.folder / 'mlp-ns-0'}."]


def test_another_plan_does_not_join_what_is_there(play):
    one = PLAN.model_copy(update={"entries": ("mlp-ns",), "seeds": (0,)})
    play(one)
    before = written(play.folder)
    with pytest.raises(RunError, match=r"holds an experiment with another steps \(2, now 3\)"):
        play(one.model_copy(update={"steps": 3}))
    with pytest.raises(RunError, match=r"holds an experiment with another settings"):
        play(one.model_copy(update={"settings": MLP | {"z_dim": 3}}))
    assert written(play.folder) == before


def test_another_entry_and_another_seed_may_join(play):
    play(PLAN.model_copy(update={"entries": ("mlp-ns",), "seeds": (0,)}))
    before = written(play.folder)
    assert play() == ["mlp-lsgan", "mlp-ns", "mlp-lsgan"]
    assert before.items() <= written(play.folder).items()


def test_another_entry_may_not_join_if_it_would_have_changed_the_networks(registry, tmp_path):
    alone = Comparison(tmp_path / "compare", plan("dcgan-ns", settings=DCGAN), registry)
    (run,) = alone.runs()["dcgan-ns"]
    (resolved,) = alone.resolve_all()["dcgan-ns"]
    nothing = {"images": 1, "class_names": (), "class_counts": (), "licence": "", "sha256": ""}
    run.create(resolved, DataFacts(channels=1, height=16, width=16, **nothing))
    both = Comparison(tmp_path / "compare", plan("dcgan-ns", "dcgan-wgangp", settings=DCGAN), registry)
    with pytest.raises(
        RunError, match=r"dcgan-ns-0 was trained with arch\.norm_d = batch, and beside .* would be none"
    ):
        next(both.play(Stages(quiet=True)))


def test_a_folder_with_something_else_in_it_stays_as_it_is(play):
    play.folder.mkdir()
    (play.folder / "holiday.jpg").touch()
    with pytest.raises(RunError, match="is not empty and holds no experiment"):
        play()
    assert [path.name for path in play.folder.iterdir()] == ["holiday.jpg"]


@pytest.mark.parametrize("text", ["mlp-ns+r1+r1", "mlp-ns+r1:gamma=1+r1:gamma=2", "+r1", ""])
def test_an_entry_that_says_two_things_or_nothing_is_refused(text):
    with pytest.raises(ConfigError, match=r"names a regularizer twice|does not begin with a recipe or a pair"):
        Entry.read(text, get_registry())


def test_names_and_numbers_may_hold_a_plus_of_their_own(zoo):
    import ganzoo_classic
    import ganzoo_losses

    class Odd:
        @hookimpl
        def register_losses(self, register):
            register(Loss(name="a+b", build=lambda options: None))

        @hookimpl
        def register_regularizers(self, register):
            for name in ("c", "c+d", "e"):
                register(Regularizer(name=name, build=lambda context: None))

    registry = zoo(Odd(), classic=ganzoo_classic, losses=ganzoo_losses)
    for text, name, regularizers in (
        ("mlp-a+b", "mlp-a+b", {}),
        ("mlp-a+b+c+d+e", "mlp-a+b", {"c+d": {}, "e": {}}),
        ("mlp-ns+c:x=1e+3+e", "mlp-ns", {"c": {"x": 1000.0}, "e": {}}),
        ("mlp-ns+c+d:x=1", "mlp-ns", {"c+d": {"x": 1}}),
    ):
        entry = Entry.read(text, registry)
        assert (entry.name, entry.regularizers) == (name, regularizers)


def test_a_smaller_comparison_in_the_same_folder_keeps_the_whole_one(play):
    play()
    play(PLAN.model_copy(update={"entries": ("mlp-lsgan",), "seeds": (1,)}))
    kept = Plan.model_validate_json((play.folder / "plan.json").read_text())
    assert (kept.entries, kept.seeds) == (PLAN.entries, PLAN.seeds)
    assert {text: len(runs) for text, runs in play.runs.items()} == dict.fromkeys(PLAN.entries, len(PLAN.seeds))


def test_a_plan_by_which_nothing_was_trained_holds_nobody_to_it(play, monkeypatch):
    def refused(*args, **settings):
        raise GanzooError("no features here")

    monkeypatch.setattr("ganzoo.training.start", refused)
    with pytest.raises(GanzooError, match="no features"):
        play()
    monkeypatch.undo()
    monkeypatch.setenv("GANZOO_CACHE", str(play.folder.parent / "cache"))
    other = PLAN.model_copy(update={"steps": 3})
    assert len(play(other)) == len(PLAN.entries) * len(PLAN.seeds)
