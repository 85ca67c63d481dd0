"""plugins/README.md and ganzoo/hookspecs.py describe the same hooks."""

import ast
import inspect
import re

import pytest

from ganzoo import hookspecs

SPECS = [name for name in vars(hookspecs) if name.startswith("register_")]


def signature(name):
    """The hook's signature as its source has it, on one line."""
    (function,) = ast.parse(inspect.getsource(getattr(hookspecs, name))).body
    function.decorator_list, function.body = [], [ast.Pass()]
    return ast.unparse(function).removesuffix(":\n    pass")


@pytest.fixture(scope="module")
def readme(root):
    return (root / "plugins" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", SPECS)
def test_the_readme_has_the_hooks_exact_signature(readme, name):
    assert f"\n{signature(name)}\n" in readme


def test_the_readme_describes_no_hook_that_is_not_there(readme):
    assert set(re.findall(r"register_\w+", readme)) == set(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_every_hook_says_when_it_is_called_what_it_takes_what_is_raised_and_gives_an_example(name):
    text = inspect.getdoc(getattr(hookspecs, name))
    for part in ("Called", ":param register: takes one ", "raises DuplicateName", "Example: ``register("):
        assert part in text


@pytest.mark.parametrize("name", [name for name in SPECS if name != "register_commands"])
def test_every_hook_is_used_by_a_plugin_of_ours(registry, name):
    assert len(registry.catalogues()[name.removeprefix("register_")])
