"""Who may import whom."""

import ast
import re
import subprocess
import sys

import pytest

# What the core uses of the server's room, so that what reads an exported model is written once, and the one command both have.
RUNTIME = {
    "bench.command",
    "cores",
    "devices",
    "errors",
    "generator",
    "graph",
    "images",
    "metadata",
    "options",
    "runtime",
    "seeds",
    "serving",
}
# What plugins may use; plugins/README.md says so.
PUBLIC = {
    "ganzoo",
    "ganzoo.data",
    "ganzoo.devices",
    "ganzoo.divergences",
    "ganzoo.evaluation",
    "ganzoo.files",
    "ganzoo.kinds",
    "ganzoo.layers",
    "ganzoo.nn",
    "ganzoo.pages",
    "ganzoo.params",
    "ganzoo.progress",
    "ganzoo.sealed",
    "ganzoo.sizes",
    "ganzoo.techniques",
    "ganzoo_serve.ahead",
    "ganzoo_serve.generator",
    "ganzoo_serve.graph",
    "ganzoo_serve.images",
    "ganzoo_serve.metadata",
    "ganzoo_serve.paths",
    "ganzoo_serve.runtime",
    "ganzoo_serve.seeds",
}


def imports(package):
    """(file, absolute module, imported name) of every import statement, wherever in the file it stands."""
    for path in sorted(package.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name, None) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{path} has a relative import"
                yield from ((path.name, node.module, alias.name) for alias in node.names)


def loaded_by(code):
    """The names of the modules in sys.modules after ``code`` ran in a fresh process."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_import_contracts_hold(root):
    code = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_core_uses_the_torch_free_runtime_and_nothing_else_of_the_server(root):
    used = set()
    for file, module, name in imports(root / "ganzoo"):
        if module.partition(".")[0] == "ganzoo_serve":
            part = module.partition(".")[2] or name
            used.add(part)
            assert part in RUNTIME, f"{file} imports {module}"
    assert used == RUNTIME


def test_plugins_use_public_names_only(root, plugin_packages):
    import ganzoo

    for package in plugin_packages.values():
        for file, module, name in imports(package):
            if module.partition(".")[0] in ("ganzoo", "ganzoo_serve"):
                assert module in PUBLIC, f"{file} imports {module}"
                assert module != "ganzoo" or name in ganzoo.__all__, f"{file} imports {name}, which is not public"


def test_the_readme_names_what_is_public(root):
    text = (root / "plugins" / "README.md").read_text(encoding="utf-8")
    table = text.partition("**Imports.**")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `(ganzoo.*?)`", table, re.MULTILINE)) == PUBLIC


def test_the_servers_readme_names_every_module_at_the_top(root):
    text = (root / "serve" / "README.md").read_text(encoding="utf-8")
    table = text.partition("| module | what it is for |")[2].partition("\n\n")[0]
    named = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1] if row else "")]
    package = root / "serve" / "ganzoo_serve"
    inside = [path.stem for path in package.glob("*.py")] + [path.parent.name for path in package.glob("*/__init__.py")]
    assert sorted(named) == sorted(name for name in inside if not name.startswith("__"))


def test_every_public_name_is_there():
    import ganzoo
    import ganzoo.data
    import ganzoo.evaluation
    import ganzoo.nn

    for module in (ganzoo, ganzoo.nn, ganzoo.data, ganzoo.evaluation):
        assert sorted(module.__all__) == sorted(set(module.__all__))
        assert all(hasattr(module, name) for name in module.__all__)


def test_the_server_leaves_torch_and_ganzoo_alone(root):
    modules = sorted(
        ".".join(path.relative_to(root / "serve").with_suffix("").parts).removesuffix(".__init__")
        for path in (root / "serve" / "ganzoo_serve").rglob("*.py")
        if path.name != "__main__.py"
    )
    assert len(modules) > 10
    loaded = loaded_by("\n".join(f"import {module}" for module in modules))
    assert {"ganzoo_serve.http.app", "onnxruntime"} <= loaded
    assert not {"torch", "ganzoo"} & loaded


def test_serving_through_ganzoo_loads_no_torch():
    code = "from ganzoo.commands import serve; import ganzoo.published, ganzoo.sampling, ganzoo_serve.serving"
    assert "torch" not in loaded_by(code)


@pytest.mark.parametrize(
    "module", ["cli", "config", "errors", "hookspecs", "plugins", "registry", "specs", "commands.train"]
)
def test_what_help_needs_loads_neither_torch_nor_numpy(module):
    assert not {"torch", "numpy"} & loaded_by(f"import ganzoo.{module}")


def test_declaring_the_whole_zoo_loads_neither_torch_nor_numpy(plugin_packages):
    code = "\n".join(f"import {name}" for name in plugin_packages)
    loaded = loaded_by(f"{code}\nfrom ganzoo.registry import get_registry\nassert len(get_registry().losses)")
    assert set(plugin_packages) <= loaded
    assert not {"torch", "numpy"} & loaded


def test_data_sets_load_without_torch():
    code = "from ganzoo.data.load import load_dataset\nfrom ganzoo.registry import get_registry\n"
    assert "torch" not in loaded_by(f"{code}load_dataset('digits', get_registry())")
