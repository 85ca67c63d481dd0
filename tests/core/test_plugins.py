"""Plugins of every temper, found through real entry points of made-up distributions."""

import re
from importlib.metadata import entry_points

import pytest

from ganzoo.plugins import load_plugins
from ganzoo.registry import get_registry

GOOD = """
from ganzoo import Loss, hookimpl

@hookimpl
def register_losses(register):
    register(Loss(name="{loss}", build=print))
"""
BUILT_IN = {entry.name for entry in entry_points(group="ganzoo") if entry.dist.name == "ganzoo"}


def problems():
    """Problem by name, of those that have one."""
    return {info.name: info.problem for info in get_registry().plugins if info.problem}


def test_a_good_plugin_is_loaded_with_its_distribution(install):
    install("mine", GOOD.format(loss="fresh"), distribution="my-gans")
    info = next(info for info in get_registry().plugins if info.name == "mine")
    assert (info.distribution, info.problem, info.loaded) == ("my-gans 1.0", None, True)
    assert get_registry().losses.origin("fresh") == "mine"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise ValueError('bad\\n  luck')", "ValueError: bad luck"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:", "SyntaxError: invalid syntax"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise BaseException('panic')", "BaseException: panic"),
        ("assert False", "AssertionError"),
        (GOOD.format(loss="x").replace("register_losses", "register_loses"), "unknown hook 'register_loses'"),
        (GOOD.format(loss="x").replace("(register)", "(enrol)"), "Argument(s) {'enrol'} are declared in the hookimpl"),
    ],
    ids=["raises", "dependency", "syntax", "exits", "panics", "asserts", "misspelt-hook", "misnamed-argument"],
)
def test_a_plugin_that_fails_to_load_is_named_and_stops_nothing(install, ganzoo, capsys, code, said):
    install("bad", code)
    install("good", GOOD.format(loss="fresh"))
    assert said in problems()["bad"]
    assert set(problems()) == {"bad"}
    assert "fresh" in get_registry().losses
    assert {info.name for info in get_registry().plugins if info.loaded} == {*BUILT_IN, "good"}
    assert capsys.readouterr().err == f"Warning: plugin 'bad' is left out: {problems()['bad']}\n"

    listed = ganzoo("plugins")
    assert listed.exit_code == 0
    row = next(line for line in listed.stdout.splitlines() if line.startswith("bad "))
    assert row.split(maxsplit=3)[:3] == ["bad", "dist-bad", "1.0"]
    assert f"left out: {problems()['bad']}" in row
    assert "loss fresh" in listed.stdout


def test_one_that_fails_in_its_hooks_is_listed_with_what_it_brings_and_what_not(install, ganzoo):
    code = GOOD.format(loss="early") + "    raise ValueError('one')\n"
    code += "@hookimpl\ndef register_recipes(register):\n    register('two')\n"
    install("half", code)
    row = next(line for line in ganzoo("plugins").stdout.splitlines() if line.startswith("half "))
    place = r"\(ganzoo_made_up_\d+\.py:\d+\)"
    said = rf"register_losses: ValueError: one {place}; register_recipes: TypeError: expected Recipe, got 'two' {place}"
    assert re.search(rf"dist-half 1\.0  loss early, left out: {said}$", row)


def test_each_problem_is_told_once_on_stderr(install, ganzoo):
    install("bad", "raise ValueError('luck')")
    first = ganzoo("list", "losses")
    told = r"Warning: plugin 'bad' is left out: ValueError: luck \(ganzoo_made_up_\d+\.py:1\)\n"
    assert re.fullmatch(told, first.stderr)
    assert "bad" not in first.stdout
    assert ganzoo("list", "losses").stderr == ""


def test_ctrl_c_while_plugins_load_is_not_swallowed(install):
    install("slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_plugins()


def test_two_plugins_of_one_name_are_told_apart_by_their_distributions(install, capsys):
    install("losses", GOOD.format(loss="mine"), distribution="a-stranger")
    registry = get_registry()
    assert "wgangp" in registry.losses
    assert "mine" not in registry.losses
    stranger, ours = sorted((info for info in registry.plugins if info.name == "losses"), key=lambda i: i.distribution)
    assert ours.problem is None
    assert not stranger.loaded
    assert stranger.problem.startswith(f"{ours.distribution} has a plugin of that name; uninstall one of the two")
    assert capsys.readouterr().err.count("Warning: plugin 'losses' is left out") == 1


def test_a_plugin_installed_twice_over_is_loaded_once(install):
    install("dcgan", distribution="ganzoo-dcgan", module="ganzoo_dcgan")
    assert get_registry().architectures.origin("dcgan") == "dcgan"
    assert set(problems()) == {"dcgan"}


def test_two_plugins_that_claim_one_record_are_named_by_every_command_and_listed(install, ganzoo):
    install("one", GOOD.format(loss="same"))
    install("two", GOOD.format(loss="same"))
    said = "Error: Two plugins register the loss 'same': 'one' and 'two'.\n"
    for arguments in (["list"], ["train", "mlp-ns"]):
        result = ganzoo(*arguments)
        assert result.exit_code == 1
        assert said in result.stderr
    listed = ganzoo("plugins")
    assert listed.exit_code == 1
    assert said in listed.stderr
    rows = [line.split() for line in listed.stdout.splitlines()]
    assert {("one", "dist-one", "1.0"), ("two", "dist-two", "1.0")} <= {tuple(row[:3]) for row in rows}
    assert ganzoo("--help").exit_code == 0


def test_the_clash_can_be_resolved_by_choosing(install, monkeypatch):
    install("one", GOOD.format(loss="same"))
    install("two", GOOD.format(loss="same"))
    monkeypatch.setenv("GANZOO_LOAD_PLUGINS", "two")
    assert get_registry().losses.origin("same") == "two"


@pytest.mark.parametrize(
    ("value", "loaded"),
    [(None, {"one", "two"}), ("", set()), ("one", {"one"}), (" one , two,", {"one", "two"}), ("losses", set())],
)
def test_the_restriction_is_on_strangers_only(install, monkeypatch, capsys, value, loaded):
    install("one", GOOD.format(loss="first"))
    install("two", GOOD.format(loss="second"))
    if value is not None:
        monkeypatch.setenv("GANZOO_LOAD_PLUGINS", value)
    assert {info.name for info in load_plugins()[1]} == BUILT_IN | loaded
    assert capsys.readouterr().err == ""


def test_a_restriction_to_what_is_not_installed_is_told(monkeypatch, capsys):
    monkeypatch.setenv("GANZOO_LOAD_PLUGINS", "minne")
    assert {info.name for info in load_plugins()[1]} == BUILT_IN
    assert capsys.readouterr().err == "Warning: GANZOO_LOAD_PLUGINS names 'minne', which is not installed.\n"


def test_a_restricted_plugin_is_not_even_imported(install, monkeypatch, capsys):
    install("bad", "raise ValueError")
    monkeypatch.setenv("GANZOO_LOAD_PLUGINS", "")
    assert set(problems()) == set()
    assert capsys.readouterr().err == ""


def test_a_plugin_may_bring_a_command(install, ganzoo):
    code = """
import click
from ganzoo import ConfigError, hookimpl

@click.command("wave")
@click.option("--badly", is_flag=True)
def wave(badly):
    "Wave at everyone."
    if badly:
        raise ConfigError("no hands")
    click.echo("hello")

@hookimpl
def register_commands(register):
    register(wave)
"""
    install("mine", code)
    assert ["wave", "Wave", "at", "everyone."] in [line.split() for line in ganzoo("--help").stdout.splitlines()]
    assert ganzoo("wave").stdout == "hello\n"
    result = ganzoo("wave", "--badly")
    assert (result.exit_code, result.stderr) == (2, "Error: no hands\n")
