"""What plugins register, and what is said when they register badly."""

import re

import click
import pytest
from small_networks import NEVER_BUILT

from ganzoo import Architecture, Dataset, DuplicateName, Loss, Metric, Options, Recipe, UnknownName, hookimpl
from ganzoo.registry import Catalogue, Registry


def offering(architectures=(), losses=(), recipes=()):
    """A plugin of these names."""

    class Plugin:
        @hookimpl
        def register_architectures(self, register):
            for name in architectures:
                register(Architecture(name=name, **NEVER_BUILT))

        @hookimpl
        def register_losses(self, register):
            for name in losses:
                register(Loss(name=name, build=NotImplemented))

        @hookimpl
        def register_recipes(self, register):
            for name in recipes:
                register(Recipe(name=name, architecture="a", loss="b"))

    return Plugin()


def registering(hook, record):
    """A plugin whose ``hook`` gives ``record``."""

    def register_one(self, register):
        register(record)

    register_one.__name__ = f"register_{hook}"
    return type("Plugin", (), {register_one.__name__: hookimpl(register_one)})()


def test_records_come_sorted_with_the_plugin_they_are_from(zoo):
    registry = zoo(first=offering(losses=["ns", "hinge"]), second=offering(losses=["mm"]))
    assert [loss.name for loss in registry.losses] == registry.losses.names() == ["hinge", "mm", "ns"]
    assert [registry.losses.origin(name) for name in registry.losses.names()] == ["first", "second", "first"]
    assert len(registry.losses) == 3
    assert "ns" in registry.losses
    assert "dcgan" not in registry.losses


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("hinje", " Did you mean 'hinge'?"),
        ("HINGE", " Did you mean 'hinge'?"),
        ("wgan-pg", " Did you mean 'wgan-gp' or 'wgan'?"),
        ("diffusion", ""),
        ("", ""),
        ("損失", ""),
    ],
)
def test_an_unknown_name_comes_with_its_neighbours_and_all_there_are(zoo, asked, meant):
    registry = zoo(offering(losses=["hinge", "wgan", "wgan-gp"]))
    with pytest.raises(UnknownName) as caught:
        registry.losses.get(asked)
    assert str(caught.value) == (
        f"Unknown loss {asked!r}.{meant}\n"
        "Installed: hinge, wgan, wgan-gp.\n"
        "See them with 'ganzoo list losses'; a plugin may be missing: 'ganzoo plugins'."
    )


def test_an_empty_zoo_says_so():
    with pytest.raises(UnknownName, match="Installed: none"):
        Registry().architectures.get("dcgan")


def test_two_plugins_with_one_name_are_both_named(zoo):
    with pytest.raises(DuplicateName, match=r"Two plugins register the loss 'ns': 'first' and 'second'\.") as caught:
        zoo(first=offering(losses=["ns"]), second=offering(losses=["ns"]))
    assert "GANZOO_LOAD_PLUGINS" in str(caught.value)
    assert caught.value.exit_code == 1


def test_one_name_may_stand_for_things_of_different_kinds(zoo):
    registry = zoo(offering(architectures=["ns"]), offering(losses=["ns"], recipes=["ns"]))
    assert (len(registry.architectures), len(registry.losses), len(registry.recipes)) == (1, 1, 1)


def test_a_command_of_ganzoos_own_cannot_be_taken(zoo):
    with pytest.raises(DuplicateName, match="Two plugins register the command 'train': 'ganzoo' and 'mine'"):
        zoo(mine=registering("commands", click.Command("train")))


@pytest.mark.parametrize(
    ("hook", "record", "said"),
    [
        ("losses", object(), "register_losses: TypeError: expected Loss, got <object object"),
        ("losses", Architecture(name="a", **NEVER_BUILT), "register_losses: TypeError: expected Loss, got Arch"),
        ("losses", None, "register_losses: TypeError: expected Loss, got None"),
        ("losses", Loss(name="", build=NotImplemented), "register_losses: ValueError: '' cannot name a loss"),
        ("losses", Loss(name=5, build=NotImplemented), "register_losses: ValueError: 5 cannot name a loss"),
        ("losses", Loss(name="a.b", build=NotImplemented), "ValueError: 'a.b' cannot name a loss; expected letters"),
        ("datasets", Dataset(name="a:b", load=NotImplemented), "ValueError: 'a:b' cannot name a data set"),
        ("commands", click.Command(None), "register_commands: ValueError: None cannot name a command"),
        ("losses", Loss(name="a", build=NotImplemented, options=dict), "the options of loss 'a' must be a subclass of"),
        ("losses", Loss(name="a", build=NotImplemented, options=Options()), "must be a subclass of ganzoo.Options"),
    ],
)
def test_what_is_no_record_is_reported_and_stops_nothing(zoo, capsys, hook, record, said):
    registry = zoo(bad=registering(hook, record), good=offering(losses=["ns"]))
    assert registry.losses.names() == ["ns"]
    error = capsys.readouterr().err
    assert error.startswith("Warning: plugin 'bad' is left out: ")
    assert said in error
    assert error.count("\n") == 1


def test_a_name_given_twice_by_one_plugin_is_that_plugins_fault(zoo, capsys):
    registry = zoo(bad=offering(losses=["ns", "ns"]), good=offering(losses=["mm"]))
    assert registry.losses.names() == ["mm", "ns"]
    assert "plugin 'bad' is left out: register_losses: ValueError: the loss 'ns' is registered twice" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("failure", [ValueError("bad\nluck"), SystemExit("no"), BaseException("panic")])
def test_a_hook_that_raises_is_reported_and_what_came_before_stays(zoo, capsys, failure):
    class Plugin:
        @hookimpl
        def register_losses(self, register):
            register(Loss(name="early", build=NotImplemented))
            raise failure

    registry = zoo(bad=Plugin(), good=offering(losses=["ns"], architectures=["net"]))
    assert registry.losses.names() == ["early", "ns"]
    assert registry.architectures.names() == ["net"]
    message = " ".join(str(failure).split())
    told = f"Warning: plugin 'bad' is left out: register_losses: {type(failure).__name__}: {message} "
    assert re.fullmatch(rf"{re.escape(told)}\(test_registry\.py:\d+\)\n", capsys.readouterr().err)


def test_ctrl_c_in_a_hook_is_the_users_and_not_the_plugins(zoo):
    class Plugin:
        @hookimpl
        def register_losses(self, register):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        zoo(Plugin())


# ARCHITECTURE-LOSS


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("dcgan-ns", ("dcgan", "ns")),
        ("dcgan-big-ns", ("dcgan-big", "ns")),
        ("dcgan-ra-hinge", ("dcgan", "ra-hinge")),
        ("dcgan-big-ra-hinge", ("dcgan-big", "ra-hinge")),
        ("dcgan-big-boy", ("dcgan", "big-boy")),  # dcgan-big fits too, but leaves no loss
    ],
)
def test_a_pair_is_read_by_the_longest_architecture_that_leaves_a_loss(zoo, name, pair):
    registry = zoo(offering(architectures=["dcgan", "dcgan-big"], losses=["ns", "hinge", "ra-hinge", "big-boy"]))
    architecture, loss = registry.split_pair(name)
    assert (architecture.name, loss.name) == pair


def test_of_two_readings_the_longer_architecture_is_meant(zoo):
    registry = zoo(offering(architectures=["a", "a-b"], losses=["c", "b-c"]))
    assert registry.split_pair("a-b-c")[0].name == "a-b"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("dcgan-hing", "Unknown loss 'hing'. Did you mean 'ra-hinge'"),
        ("dcgan-big-n", "Unknown loss 'n'."),
        ("dcgam-ra-hinge", "Unknown architecture 'dcgam'. Did you mean 'dcgan'"),
        ("dcgan", "Unknown recipe 'dcgan'. Did you mean 'dcgan-ns'"),
        ("ns", "Unknown recipe 'ns'."),
        ("-", "Unknown recipe '-'."),
        ("dcgan-", "Unknown loss ''."),
        ("-ns", "Unknown architecture ''."),
        ("quik", "Unknown recipe 'quik'. Did you mean 'quick'?"),
    ],
)
def test_the_half_that_is_unknown_is_named(zoo, name, said):
    registry = zoo(offering(architectures=["dcgan", "dcgan-big"], losses=["ns", "ra-hinge"], recipes=["quick"]))
    with pytest.raises(UnknownName) as caught:
        registry.split_pair(name)
    assert str(caught.value).startswith(said)


def test_every_installed_pair_is_found_by_its_name(registry):
    for architecture in registry.architectures:
        for loss in registry.losses:
            assert registry.split_pair(f"{architecture.name}-{loss.name}") == (architecture, loss)


def test_every_kind_has_a_hook_and_a_catalogue(registry):
    from ganzoo import hookspecs

    hooks = {name.removeprefix("register_") for name in vars(hookspecs) if name.startswith("register_")}
    assert hooks == set(registry.catalogues())
    assert all(isinstance(catalogue, Catalogue) for catalogue in registry.catalogues().values())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"gives": {}}, "gives no number"),
        ({"gives": {"q": "up"}}, "says 'up'; expected one of lower, higher, neither"),
        ({"gives": {"q": "lower"}, "needs": {"featurs"}}, "says 'featurs'; expected one of moments, features"),
    ],
)
def test_a_metric_s_record_says_what_can_be(fields, said):
    with pytest.raises(ValueError, match=said):
        Metric(name="odd", compute=NotImplemented, **fields)
